"""A shipping label bought and given back in a real browser, with a worker and the simulator."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import come_in, connect
from tests.support.running_app import RunningApp
from tests.support.simulator_server import AmazonServer

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_a_label_is_bought_from_the_ship_page_and_refunded(
    visitor: Page, running_app: RunningApp, amazon: AmazonServer
) -> None:
    page = visitor
    number = amazon.world.place("DE")
    come_in(page, running_app)
    connect(page, amazon)
    page.goto("/stores/desk-de/labels")
    for label, text in (
        ("Name or company", "Birch & Anvil"),
        ("Street and number", "Hafenstr. 1"),
        ("Postal code", "20095"),
        ("City", "Hamburg"),
        ("E-mail", "versand@example.com"),
        ("Phone", "+49 40 123456"),
    ):
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The address was saved.")).to_be_visible()

    page.goto("/stores/desk-de")
    page.get_by_role("link", name=number).click()
    page.goto("/orders/100001/shipments/new")
    page.get_by_role("link", name="Buy a shipping label").click()
    for label, text in (("Length", "30"), ("Width", "20"), ("Height", "10"), ("Weight", "900")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Show services and prices").click()
    page.get_by_label("DHL Paket").check()
    page.get_by_role("button", name="Buy label").click()
    expect(page.get_by_role("link", name="Print label")).to_be_visible()
    expect(page.get_by_text("€6.29")).to_be_visible()
    (effect,) = amazon.world.effects("label", number)
    assert effect["service"] == "DHL_PTP_PARCEL"

    page.get_by_role("button", name="Request refund").click()
    page.get_by_role("dialog").get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Refund pending")).to_be_visible()
    assert len(amazon.world.effects("label_refund", number)) == 1
    assert amazon.world.call_counts["confirmShipment"] == 0
