"""The first whole loop as a person walks it: a real desk, a real browser, and the simulator where Amazon stands."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import come_in, connect
from tests.support.running_app import RunningApp
from tests.support.simulator_server import AmazonServer

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_from_connecting_to_a_proved_cancellation(visitor: Page, running_app: RunningApp, amazon: AmazonServer) -> None:
    page = visitor
    number = amazon.world.place("DE")
    come_in(page, running_app)
    connect(page, amazon)

    page.get_by_role("link", name=number).click()

    expect(page).to_have_url(re.compile(r"/orders/100001$"))
    expect(page.get_by_text("Processing").first).to_be_visible()
    page.get_by_role("link", name="View or cancel Amazon order").click()
    expect(page).to_have_url(re.compile(f"/amazon-orders/{number}$"))
    page.get_by_role("link", name="Cancel order").click()
    page.get_by_label("The item is out of stock").check()
    page.get_by_role("button", name="Cancel this order").click()
    expect(page.get_by_text("Verified").first).to_be_visible(timeout=120_000)
    assert [entry["reason"] for entry in amazon.world.effects("cancellation", number)] == ["NoInventory"]
    page.goto("/orders/100001")
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    page.goto("/submissions")
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text("Verified")


def test_with_import_disabled_orders_show_read_only_and_none_is_made(
    visitor: Page, running_app: RunningApp, amazon: AmazonServer
) -> None:
    page = visitor
    come_in(page, running_app)
    connect(page, amazon)
    page.goto("/stores/desk-de/settings")
    page.get_by_role("group", name="Import Amazon orders").get_by_label("Disabled").check()
    expect(page.get_by_role("group", name="Order number source").get_by_label("Amazon's order number")).to_be_disabled()
    page.get_by_role("button", name="Save order settings").click()
    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    number = amazon.world.place("DE")

    page.goto("/stores/desk-de")
    page.get_by_role("link", name=number).click()

    expect(page).to_have_url(re.compile(f"/amazon-orders/{number}$"))
    expect(page.get_by_text("Import is disabled for this store")).to_be_visible()
    expect(page.get_by_role("link", name="Cancel order")).to_have_count(0)
    page.goto("/orders")
    expect(page.get_by_role("link", name="100001")).to_have_count(0)
