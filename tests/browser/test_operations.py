"""The operations pages in a real browser: dialogs, fragments that renew themselves, and the age of the data."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import an_account, an_order
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.sync_runs import SyncRun
from webapp.services.submissions import cancellations
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.browser


@pytest.fixture
def account(session: Session) -> Account:
    account = an_account(session)
    account.last_synced_at = datetime.now(UTC) - timedelta(minutes=2)
    session.commit()
    return account


def test_an_interval_is_changed_in_the_dialog(session: Session, account: Account, owner_page: Page, complaints) -> None:
    page = owner_page
    page.goto("/schedule")
    page.get_by_role("link", name="every 3 minutes").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Runs every").fill("10")
    dialog.get_by_label("Unit").select_option("seconds")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("An interval must be between 30 and 86400 seconds.").first).to_be_visible()
    dialog.get_by_label("Unit").select_option("minutes")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Sync Desk now runs every 10 minutes.")).to_be_visible()
    session.rollback()
    assert session.scalars(select(RecurringJob.interval_seconds)).one() == 600
    # The browser notes each refused form; that is what was meant here.
    complaints.expect("422")


def test_an_open_submission_renews_itself_until_it_was_undone(
    session: Session, account: Account, owner_page: Page
) -> None:
    now = datetime.now(UTC)
    import_page.import_page(session, account.id, [an_order(1)], now=now, actor="schedule")
    order = session.scalars(select(AmazonOrder)).one()
    cancellations.request(session, order.id, "NoInventory", undo_seconds=600, now=now, actor="cli")
    session.rollback()
    page = owner_page
    page.goto("/submissions")
    expect(page.locator("#submissions")).to_have_attribute("hx-trigger", "every 2s")
    with page.expect_response(lambda response: response.url.endswith("/submissions")):
        pass
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone. Nothing was sent to Amazon.")).to_be_visible()
    expect(page.locator("#submissions")).not_to_have_attribute("hx-trigger", "every 2s")


def test_the_age_of_the_data_stands_on_every_page(account: Account, owner_page: Page) -> None:
    for path in ("/schedule", "/submissions", "/syncs", "/syncs/quarantine"):
        owner_page.goto(path)
        expect(owner_page.get_by_role("link", name="2 minutes ago")).to_be_visible()
        assert owner_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


@pytest.mark.parametrize("path", ["/schedule", "/submissions", "/syncs", "/syncs/quarantine"])
def test_nothing_is_wider_than_a_telephone(account: Account, owner_page: Page, path: str) -> None:
    owner_page.set_viewport_size({"width": 390, "height": 800})
    owner_page.goto(path)
    assert owner_page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("path", ["/syncs", "/mail-templates"])
def test_a_telephone_shows_the_whole_of_each_row(
    session: Session, account: Account, owner_page: Page, path: str
) -> None:
    now = datetime.now(UTC)
    session.add(
        SyncRun(account_id=account.id, actor="test", started_at=now, updated_after=now, state="done", received=21)
    )
    session.commit()
    page = owner_page
    page.set_viewport_size({"width": 390, "height": 800})

    page.goto(path)

    assert page.evaluate("(box => box.scrollWidth - box.clientWidth)(document.querySelector('.table-scroll'))") == 0
    if path == "/syncs":
        received = page.locator("td[data-label=Received]")
        expect(received).to_have_text("21")
        assert received.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Received"'
