"""Parcels by the keyboard, in a real browser."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import wait_for_swap
from tests.browser.test_order_pages import DHL
from tests.support.order_processing import AUDIT_ARGS
from webapp.domain.shipping.parcels import Parcel
from webapp.services.shipping import shipments

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("two_orders")]


def test_two_parcels_leave_by_the_keyboard_alone(owner_page: Page):
    page = owner_page
    page.goto("/orders/100001/shipments/new")
    number = page.locator("#parcels-0-tracking_number")
    expect(number).to_be_focused()

    page.keyboard.type(DHL)
    expect(page.get_by_text("Looks like DHL")).to_be_visible()
    expect(number).to_have_value(DHL)
    page.get_by_label("Quantity of SKU-1").fill("1")
    page.get_by_role("button", name="Add package").press("Enter")
    expect(page.get_by_role("heading", name="Package 2")).to_be_visible()
    expect(page.locator("#parcels-1-tracking_number")).to_be_focused()
    expect(number).to_have_value(DHL)
    expect(page.get_by_text("Enter a quantity of at least 1")).to_have_count(0)
    page.keyboard.type("BK123456")
    expect(page.get_by_text("Carrier not recognized")).to_be_visible()
    page.locator("#parcels-1-carrier").select_option("other")
    page.get_by_label("Name of the carrier").nth(1).fill("Bike")
    page.get_by_label("Quantity of SKU-1").nth(1).fill("1")
    expect(page.locator("#document-totals")).to_have_text("3 units in 2 packages")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Shipment 100001")).to_be_visible()
    expect(page.locator("#parcels").get_by_text("Queued")).to_have_count(2)
    expect(page.locator("#parcels")).to_contain_text("Bike")


def test_a_parcel_too_many_is_taken_out_again(owner_page: Page):
    page = owner_page
    page.goto("/orders/100001/shipments/new")
    page.get_by_role("button", name="Add package").click()
    page.locator("#parcels-1-tracking_number").fill("KEPT")
    page.get_by_role("button", name="Remove package 1").click()

    expect(page.get_by_role("heading", name="Package", exact=True)).to_be_visible()
    expect(page.locator("input[name$=tracking_number]")).to_have_value("KEPT")


def test_a_click_is_not_lost_to_a_preview_that_is_due_before_its_answer(owner_page: Page):
    page = owner_page
    page.goto("/orders/100001/shipments/new")
    page.get_by_role("button", name="Add package").click()
    number = page.locator("#parcels-1-tracking_number")
    with wait_for_swap(page, "/orders/100001/shipments/previews"):
        number.fill("KEPT")
    held: list[Route] = []
    page.route("**/shipments/preview*", lambda route: held.append(route))
    page.evaluate(
        """() => { window.previewDue = new Promise(resolve => document.addEventListener("htmx:confirm", event => {
            if (event.target.matches(".entry")) resolve();
        })); }"""
    )

    with page.expect_request("**/shipments/preview*"):
        page.get_by_role("button", name="Remove package 1").click()
    number.fill("TYPED LATER")
    page.evaluate("() => window.previewDue")
    [click] = held
    click.continue_()

    expect(page.get_by_role("heading", name="Package", exact=True)).to_be_visible()
    expect(page.locator("input[name$=tracking_number]")).to_have_value("KEPT")
    assert held == [click]


def test_a_number_used_before_is_said_as_it_is_typed(owner_page: Page, session):
    shipments.create(session, 2, [Parcel(None, "DHL", "", DHL)], **AUDIT_ARGS)
    page = owner_page
    page.goto("/orders/100001/shipments/new")

    page.keyboard.type(DHL)

    expect(page.get_by_text(f"Tracking number {DHL} is already used for order 100002")).to_be_visible()
    box = page.get_by_label("Both orders are in one package")
    box.check()
    expect(page.get_by_text(f"Tracking number {DHL} is already used for order 100002")).to_have_count(0)
    expect(box).to_be_checked()


def test_a_parcel_is_corrected_while_its_page_asks_for_itself(owner_page: Page, session):
    shipments.create(session, 2, [Parcel(None, "DHL", "", DHL)], **AUDIT_ARGS)
    page = owner_page
    page.goto("/shipments/100001")
    expect(page.locator("#parcels")).to_have_attribute("hx-select", "#parcels")

    page.get_by_role("link", name="Edit tracking").click()

    expect(page.get_by_role("dialog").get_by_label("Tracking number")).to_have_value(DHL)
