"""The store pages as a person uses them, with JavaScript; anything the browser complains of fails the test."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from simulator.state.sellers import DEMO_EU
from tests.browser.conftest import Complaints
from tests.support.simulator_server import AmazonServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("job_queue")]


def test_an_account_is_connected_with_the_mouse(owner_page: Page, amazon: AmazonServer, complaints: Complaints) -> None:
    page, known = owner_page, DEMO_EU.credentials(amazon.url)
    page.goto("/stores")
    page.get_by_role("link", name="Connect an account").click()
    page.get_by_text("Advanced").click()
    for name in ("name", "seller_id", "client_id", "refresh_token", "endpoint", "token_url"):
        page.locator(f"#{name}").fill(str(known[name]))
    page.locator("#client_secret").fill("amzn1.wrong")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("alert")).to_contain_text("Amazon refuses the credentials.")
    complaints.expect("422")
    expect(page.locator("#client_secret")).to_have_value("")

    page.locator("#client_secret").fill(str(known["client_secret"]))
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("heading", name="Choose the stores")).to_be_visible()
    page.get_by_role("checkbox", name="Poland").uncheck()
    page.get_by_role("button", name="Connect", exact=True).click()

    expect(page.locator(".store-card")).to_have_count(4)


def test_orders_appear_on_the_dashboard_by_themselves(owner_page: Page, harness) -> None:
    page = owner_page
    page.clock.install(time=datetime.now(UTC))
    page.goto("/stores/birch-anvil-de")
    expect(page.get_by_text("The first sync is still running")).to_be_visible()

    number = harness.world.place("DE")
    harness.sync()
    page.clock.run_for(10_500)

    expect(page.get_by_role("link", name=number)).to_be_visible()


def test_the_form_of_settings_follows_what_is_chosen(owner_page: Page, demo_account) -> None:
    page = owner_page
    page.goto("/stores/birch-anvil-de/settings")
    expect(page.locator("#processing_status")).to_have_count(0)

    page.locator("input[name=order_status][value=custom]").check()
    page.locator("#processing_status").fill("Awaiting stock")
    page.locator("input[name=import_orders][value=disabled]").check()
    expect(page.locator("#processing_status")).to_be_disabled()
    page.locator("input[name=import_orders][value=enabled]").check()
    expect(page.locator("#processing_status")).to_be_enabled()
    page.get_by_role("button", name="Save order settings").click()

    expect(page.get_by_text("Order settings saved.")).to_be_visible()
    expect(page.locator("#processing_status")).to_have_value("Awaiting stock")


def test_deleting_asks_for_the_name_in_a_dialog(owner_page: Page, demo_account, complaints: Complaints) -> None:
    page = owner_page
    page.goto("/stores")
    card = page.locator("#store-birch-anvil-fr")
    card.get_by_text("Actions").click()
    card.get_by_role("link", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete this store").click()
    expect(dialog.get_by_text("Type the store's name exactly")).to_be_visible()
    complaints.expect("422")
    dialog.get_by_label("Name of the store").fill("Birch & Anvil FR")
    dialog.get_by_role("button", name="Delete this store").click()

    expect(page.get_by_text("Birch & Anvil FR was deleted.")).to_be_visible()
    expect(card).to_have_count(0)
