"""The first whole loop as a person walks it: a real desk, a real browser, and the simulator where Amazon stands."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from simulator.sellers import DEMO_EU
from tests.amazon_server import AmazonServer
from tests.browser.conftest import Complaints
from tests.running.desk import Desk, running

pytestmark = [pytest.mark.browser, pytest.mark.processes]

QUICK = {"CHANNELDESK_SYNC_INTERVAL": "2", "CHANNELDESK_UNDO_SECONDS": "2", "CHANNELDESK_FEED_INTERVAL": "1"}


@pytest.fixture
def real_desk(tmp_path: Path, amazon: AmazonServer) -> Iterator[Desk]:
    with running(tmp_path / "data", environ=QUICK) as desk:
        yield desk


@pytest.fixture
def visitor(chromium: Browser, real_desk: Desk, complaints: Complaints) -> Iterator[Page]:
    """A browser that opens the real desk; whatever it complains of fails the test."""
    context = chromium.new_context(base_url=f"http://127.0.0.1:{real_desk.port}", locale="en-US")
    context.set_default_timeout(20_000)
    context.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert complaints == []


def come_in(page: Page, desk: Desk) -> None:
    found = re.search(r"http://127\.0\.0\.1:\d+/sign-in/\S+", desk.log.read_text())
    assert found is not None
    page.goto(found[0])
    page.get_by_label("E-mail address").fill("owner@desk.example")
    page.get_by_label("New password").fill("a long enough Password 1")
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.get_by_role("heading", name="Stores")).to_be_visible()


def connect(page: Page, amazon: AmazonServer) -> None:
    page.get_by_role("link", name="Connect an account").first.click()
    keys = DEMO_EU.credentials(amazon.url)
    page.get_by_label("Name", exact=False).first.fill("Desk")
    page.get_by_label("Region").select_option("EU")
    for label, name in (("Seller ID", "seller_id"), ("LWA client ID", "client_id"), ("Refresh token", "refresh_token")):
        page.get_by_label(label).fill(str(keys[name]))
    page.get_by_label("LWA client secret").fill(str(keys["client_secret"]))
    page.get_by_text("Advanced").click()
    page.get_by_label("Endpoint").fill(str(keys["endpoint"]))
    page.get_by_label("Token URL").fill(str(keys["token_url"]))
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("checkbox", name="Germany")).to_be_checked()
    page.get_by_label("The last 30 days").check()
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_role("link", name="View store").first.click()
    expect(page).to_have_url(re.compile("/stores/desk-de$"))


def test_from_connecting_to_a_proved_cancellation(visitor: Page, real_desk: Desk, amazon: AmazonServer) -> None:
    page = visitor
    number = amazon.world.place("DE")
    come_in(page, real_desk)
    connect(page, amazon)

    page.get_by_role("link", name=number).click()

    expect(page).to_have_url(re.compile(r"/orders/100001$"))
    expect(page.get_by_text("Processing").first).to_be_visible()
    page.get_by_role("link", name="View or cancel Amazon order").click()
    expect(page).to_have_url(re.compile(f"/amazon-orders/{number}$"))
    page.get_by_role("link", name="Cancel order").click()
    page.get_by_label("The item is out of stock").check()
    page.get_by_role("button", name="Cancel this order").click()
    expect(page.get_by_text("Verified").first).to_be_visible(timeout=30_000)
    assert [entry["reason"] for entry in amazon.world.effects("cancellation", number)] == ["NoInventory"]
    page.goto("/orders/100001")
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    page.goto("/submissions")
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text("Verified")


def test_with_import_disabled_orders_show_read_only_and_none_is_made(
    visitor: Page, real_desk: Desk, amazon: AmazonServer
) -> None:
    page = visitor
    come_in(page, real_desk)
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
