"""The order pages under somebody's hands."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import LONG, Complaints
from tests.support.factories import NOW, an_account, an_order
from webapp.domain.amazon.types import Address, Buyer
from webapp.models.submissions import Submission
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.browser

FOREIGN = ("川霧 千尋", "محمد بن عبد الله الطويل الاسم جدا", LONG)


@pytest.fixture(autouse=True)
def orders(session, job_queue):
    """Sixty unshipped orders, three of them of people with awkward names; the job queue is real."""
    account = an_account(session)
    people = [
        an_order(n, buyer=Buyer(name), recipient=Address(name=name, line1=name, city=name, country_code="DE"))
        for n, name in enumerate(FOREIGN, 1)
    ]
    import_page.import_page(session, account.id, people + [an_order(n) for n in range(4, 61)], now=NOW, actor="amazon")
    session.commit()


def test_filters_sorts_and_pages_change_the_grid_alone(owner_page: Page):
    page = owner_page
    page.goto("/amazon-orders?size=20")
    page.evaluate("document.body.dataset.same = 'yes'")

    page.get_by_label("Buyer", exact=True).fill("number5")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator(".chip")).to_have_text("Buyer: number5")
    expect(page.locator("tbody tr")).to_have_count(11)
    assert "number5" not in page.url
    page.get_by_role("link", name="Order number").click()
    expect(page.locator("[aria-sort=ascending]")).to_contain_text("Order number")
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator(".pager-text")).to_have_text("60 orders")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr").first).to_contain_text("303-0000000-0000021")

    assert page.evaluate("document.body.dataset.same") == "yes"
    page.reload()
    expect(page.locator("tbody tr").first).to_contain_text("303-0000000-0000021")


def test_an_order_is_cancelled_in_the_dialog_and_that_is_undone(owner_page: Page, complaints: Complaints):
    page = owner_page
    page.goto("/amazon-orders/303-0000000-0000007")

    page.get_by_role("link", name="Cancel order").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel this order").click()
    expect(dialog).to_contain_text("Choose a reason")
    complaints.expect("422")
    dialog.get_by_label("The item is out of stock").check()
    dialog.get_by_role("button", name="Cancel this order").click()
    expect(page.locator("#submission")).to_contain_text(re.compile(r"It will be sent to Amazon in \d+ seconds"))
    first = page.locator(".submission-words").inner_text()
    expect(page.locator(".submission-words")).not_to_have_text(first)
    page.get_by_role("button", name="Undo").click()

    expect(page.locator("#submission")).to_contain_text("It was undone, and nothing was sent to Amazon.")
    expect(page.get_by_role("link", name="Cancel order")).to_be_visible()


def test_the_open_page_learns_that_amazon_has_proved_it(owner_page: Page, session):
    page = owner_page
    page.goto("/amazon-orders/303-0000000-0000008")
    page.get_by_role("link", name="Cancel order").click()
    page.get_by_role("dialog").get_by_label("The item is out of stock").check()
    page.get_by_role("dialog").get_by_role("button", name="Cancel this order").click()
    expect(page.locator("#submission")).to_contain_text("Queued")

    account_id = session.scalars(select(Submission.account_id)).one()
    submission = session.scalars(select(Submission)).one()
    for step in ("send", "sent", "accept"):
        submission_transitions.apply(submission, step, datetime.now(UTC))
    cancelled = an_order(8, "CANCELLED", updated=5)
    import_page.import_page(session, account_id, [cancelled], now=NOW, actor="amazon")
    session.commit()

    expect(page.locator("#submission")).to_contain_text("Amazon shows the order as Cancelled.")
    expect(page.locator("h1 + div")).to_contain_text("Cancelled")
    expect(page.locator("#submission[hx-trigger]")).to_have_count(0)
    expect(page.locator("main")).to_have_count(1)
    expect(page.locator("main")).not_to_contain_text("Unshipped")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "path",
    [
        "/amazon-orders",
        "/orders",
        *(f"/amazon-orders/303-0000000-000000{n}" for n in (1, 2, 3)),
        "/amazon-orders/303-0000000-0000003?tab=items",
        "/amazon-orders/303-0000000-0000003?tab=history",
        "/orders/100003",
    ],
)
def test_no_name_is_too_long_for_its_page(owner_page: Page, path: str, width: int):
    owner_page.set_viewport_size({"width": width, "height": 800})
    owner_page.goto(path)

    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert owner_page.evaluate(beyond) == 0


@pytest.mark.parametrize("path", ["/amazon-orders", "/orders"])
def test_no_column_of_a_list_is_cut_on_a_small_laptop(owner_page: Page, path: str):
    owner_page.set_viewport_size({"width": 1280, "height": 800})
    owner_page.goto(path)

    hidden = "[...document.querySelectorAll('.table-scroll')].map(box => box.scrollWidth - box.clientWidth)"
    assert owner_page.evaluate(hidden) == [0]
