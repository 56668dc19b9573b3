"""Processing an Order under somebody's hands: with the keyboard, with HTMX, in two tabs, and without JavaScript."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from tests.browser.conftest import Complaints, wait_for_swap
from tests.support import user_accounts
from tests.support.factories import NOW, an_item, an_order, shipped_fields
from tests.support.order_processing import AUDIT_ARGS
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.comments import Comment
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.orders import holds
from webapp.services.shipping import shipments
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.sync.importing import import_page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("two_orders")]

DHL = "00340434161094015902"


def test_what_was_swapped_in_is_htmxs_own_at_once(owner_page: Page):
    """Somebody quick presses the next tab in the very moment the last one has come."""
    page = owner_page
    page.goto("/orders/100001")
    page.evaluate("document.body.dataset.same = 'yes'")
    # The age of the data is swapped in too, whenever it comes.
    page.evaluate("""document.addEventListener("htmx:afterSwap", (event) => {
        if (event.detail.pathInfo.requestPath.includes("tab=shipments"))
            setTimeout(() => document.querySelector("#order-tabs a[href*='tab=history']").click())
    })""")

    page.locator("#order-tabs").get_by_role("link", name="Shipments").click()

    expect(page.locator(".history").get_by_text("Order 100001 created")).to_be_visible()
    assert page.evaluate("document.body.dataset.same") == "yes"


def test_tabs_change_with_the_keyboard_and_keep_the_page(owner_page: Page):
    page = owner_page
    page.goto("/orders/100001")
    page.evaluate("document.body.dataset.same = 'yes'")

    page.get_by_role("link", name="Invoices", exact=False).nth(1).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("No shipments yet")).to_be_visible()
    assert page.url.endswith("/orders/100001?tab=shipments")
    expect(page.locator("#order-tabs").get_by_role("link", name="Shipments")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".history").get_by_text("Order 100001 created")).to_be_visible()
    assert page.evaluate("document.body.dataset.same") == "yes"
    page.go_back()
    expect(page.get_by_text("No shipments yet")).to_be_visible()


def test_on_a_telephone_the_open_tab_and_all_of_a_shipment_are_seen(owner_page: Page, session):
    order = session.scalars(select(Order).where(Order.number == "100001")).one()
    first = order.items[0]
    shipments.create(session, order.id, [Parcel({first.id: 2}, "DHL", "", DHL)], **AUDIT_ARGS)
    session.rollback()
    page = owner_page
    page.set_viewport_size({"width": 390, "height": 800})

    page.goto("/orders/100001?tab=shipments")

    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)
    expect(page.locator(".sheet").get_by_text(DHL)).to_be_visible()
    assert page.evaluate("(box => box.scrollWidth - box.clientWidth)(document.querySelector('.table-scroll'))") == 0
    page.goto("/orders/100001?tab=history")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_what_is_typed_outlives_the_session_it_was_typed_in(
    app, session, owner_page: Page, address: str, complaints: Complaints
):
    page = owner_page
    page.goto("/orders/100001")
    comment = page.get_by_label("Comment", exact=True)
    comment.fill("Typed for long")
    page.context.clear_cookies()

    page.get_by_role("button", name="Submit comment").click()
    expect(
        page.locator("#toasts").get_by_text(
            "Nothing was sent, and your entries are still here. Sign in in another tab, then submit again."
        )
    ).to_be_visible()
    complaints.expect("401")
    complaints.expect("401")
    cookie = user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER).get_cookie(app.session_interface.name)
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    page.get_by_role("button", name="Submit comment").click()
    expect(
        page.locator("#toasts").get_by_text("Nothing was changed, and your entries are still here. Submit again.")
    ).to_be_visible()
    complaints.expect("419")
    complaints.expect("419")
    expect(comment).to_have_value("Typed for long")
    page.get_by_role("button", name="Submit comment").click()

    expect(page.get_by_text("Comment added.")).to_be_visible()
    assert session.scalars(select(Comment.text)).all() == ["Typed for long"]


def test_what_is_typed_is_priced_while_the_cursor_stays(owner_page: Page, complaints: Complaints):
    page = owner_page
    page.goto("/orders/100001")
    page.get_by_role("link", name="Invoice", exact=True).click()
    expect(page.locator("#document-totals")).to_contain_text("€42.00")

    first = page.get_by_label("Quantity of SKU-1")
    first.fill("1")
    expect(page.locator("#document-totals .grand")).to_contain_text("€29.00")
    expect(first).to_be_focused()
    first.fill("7")
    expect(page.get_by_text("SKU-1: 7 is too many, 2 left.")).to_be_visible()
    with wait_for_swap(page, "/orders/100001/invoices"):
        page.keyboard.press("Enter")
    expect(page.get_by_text("SKU-1: 7 is too many, 2 left.")).to_be_visible()
    complaints.expect("422")
    expect(page.get_by_label("Quantity of SKU-1")).to_have_value("7")
    page.get_by_label("Quantity of SKU-1").fill("2")
    page.get_by_label("Comment", exact=True).fill("Paid")
    page.get_by_role("button", name="Create invoice").click()

    expect(page.get_by_role("heading", name="Invoice 100001")).to_be_visible()
    expect(page.get_by_text("Invoice 100001 created.")).to_be_visible()
    expect(page.locator("#comments")).to_contain_text("Paid")


def test_a_second_tab_writes_nothing_twice(owner_page: Page, context: BrowserContext, complaints: Complaints):
    tabs = [owner_page, context.new_page()]
    for tab in tabs:
        tab.goto("/orders/100001/invoices/new")
        tab.get_by_label("Quantity of SKU-1").fill("1")
        tab.get_by_label("Quantity of SKU-2").fill("0")
        expect(tab.locator("#document-totals .grand")).to_contain_text("€13.00")
    tabs[0].get_by_role("button", name="Create invoice").click()
    expect(tabs[0].get_by_role("heading", name="Invoice 100001")).to_be_visible()

    tabs[1].get_by_role("button", name="Create invoice").click()

    expect(
        tabs[1].get_by_text(
            "This order has changed since you opened the page, so nothing was saved. Check the remaining "
            "quantities, then submit again."
        )
    ).to_be_visible()
    expect(tabs[1].get_by_text("of 1").first).to_be_visible()
    complaints.expect("422")


def test_an_order_waits_and_goes_on(owner_page: Page, complaints: Complaints):
    page = owner_page
    page.goto("/orders/100001")
    page.get_by_role("link", name="Hold").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Put on hold").click()
    expect(dialog).to_contain_text("Enter a reason for the hold.")
    complaints.expect("422")
    dialog.get_by_label("Reason").fill("Ask the buyer")
    dialog.get_by_label("Until").fill("2031-07-01T09:30")
    dialog.get_by_role("button", name="Put on hold").click()

    expect(page.get_by_text("On hold until Jul 1, 2031")).to_be_visible()
    page.get_by_role("button", name="Unhold").click()
    expect(page.get_by_text("Hold released.")).to_be_visible()


def test_who_refunds_is_said_and_amazon_is_given_a_reason_only_where_it_is_asked(
    owner_page: Page, complaints: Complaints
):
    page = owner_page
    page.goto("/orders/100001/invoices/new")
    page.get_by_role("button", name="Create invoice").click()
    page.get_by_role("link", name="Credit memo", exact=True).click()

    page.get_by_role("button", name="Refund", exact=True).click()
    expect(page.locator("#way-below")).to_contain_text("Choose whether Amazon refunds the buyer")
    complaints.expect("422")
    expect(page.get_by_label("Refund reason")).to_be_hidden()
    page.get_by_label("Refund through Amazon").check()
    expect(page.get_by_label("Refund reason")).to_be_visible()
    expect(page.locator("#way-below")).to_contain_text("Cancel it at Amazon instead")
    page.get_by_label("Record only (offline refund)").check()
    expect(page.locator("#way-below")).to_have_text("")
    page.get_by_label("Adjustment fee").fill("2.5")
    expect(page.locator("#document-totals .grand")).to_contain_text("€39.50")
    page.get_by_role("button", name="Refund", exact=True).click()

    expect(page.get_by_role("heading", name="Credit memo 100001")).to_be_visible()


def test_everything_works_without_javascript(app, chromium: Browser, address: str):
    context = chromium.new_context(base_url=address, java_script_enabled=False, locale="en-US")
    cookie = user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER).get_cookie(app.session_interface.name)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    page = context.new_page()
    try:
        page.goto("/orders/100001")
        page.get_by_role("link", name="Ship", exact=True).click()
        page.locator("#parcels-0-tracking_number").fill(DHL)
        page.get_by_label("Quantity of SKU-1").fill("1")
        page.get_by_role("button", name="Add package").click()
        page.get_by_label("Quantity of SKU-1").nth(1).fill("1")
        page.get_by_role("button", name="Check").click()
        expect(page.locator("#document-totals")).to_have_text("3 units in 2 packages")
        expect(page.get_by_text("Looks like DHL")).to_be_visible()
        page.locator("#parcels-0-tracking_number").press("Enter")
        expect(page.get_by_role("heading", name="Shipment 100001")).to_be_visible()
        page.goto("/orders/100001/invoices/new")
        page.get_by_label("Quantity of SKU-1").fill("1")
        page.get_by_role("button", name="Update totals").click()
        expect(page.locator("#document-totals .grand")).to_contain_text("€29.00")
        page.get_by_role("button", name="Create invoice").click()
        expect(page.get_by_role("heading", name="Invoice 100001")).to_be_visible()
    finally:
        context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["", "/invoices/new", "/shipments/new", "?tab=history", "/holds/new"])
def test_no_name_is_too_long_for_its_page(owner_page: Page, path: str, width: int):
    owner_page.set_viewport_size({"width": width, "height": 800})
    owner_page.goto(f"/orders/100002{path}")

    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert owner_page.evaluate(beyond) == 0


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["", "?tab=history"])
def test_no_word_is_too_long_for_its_page(owner_page: Page, path: str, width: int, session):
    order = session.scalars(select(Order).where(Order.number == "100002")).one()
    holds.hold(session, order.id, "https://carrier.example/?parcel=" + "0" * 400, **AUDIT_ARGS)
    owner_page.set_viewport_size({"width": width, "height": 800})
    owner_page.goto(f"/orders/100002{path}")

    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert owner_page.evaluate(beyond) == 0


def test_a_refused_document_puts_the_cursor_where_its_first_mistake_is(owner_page: Page, complaints: Complaints):
    page = owner_page
    page.goto("/orders/100001/shipments/new")
    page.get_by_label("Quantity of SKU-2").fill("7")

    page.get_by_role("button", name="Ship", exact=True).click()

    expect(page.get_by_label("Quantity of SKU-2")).to_be_focused()
    expect(page.get_by_label("Quantity of SKU-2")).to_have_accessible_description("SKU-2: 7 is too many, 1 left.")
    complaints.expect("422")


@pytest.mark.parametrize("width", [1280, 800, 390])
def test_what_is_wrong_with_a_quantity_can_be_read_to_its_end(owner_page: Page, width: int):
    page = owner_page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/orders/100002/shipments/new")

    page.get_by_label("Quantity of").fill("9" * 40)

    expect(page.get_by_text("is not a quantity")).to_be_visible()
    assert page.evaluate("(box => box.scrollWidth - box.clientWidth)(document.querySelector('.table-scroll'))") == 0


def test_the_open_page_of_a_refund_learns_how_it_ended(owner_page: Page, session):
    items = (an_item(7, quantity=1),)
    import_page.import_page(
        session, 1, [an_order(7, **shipped_fields(an_order(7, items=items)))], now=NOW, actor="amazon"
    )
    session.commit()
    order = session.scalars(select(Order).order_by(Order.id.desc())).first()
    number, line = order.number, order.items[0].id
    invoices.create(session, order.id, **AUDIT_ARGS)
    asked = {"on_amazon": True, "reason": "CustomerReturn", "now": datetime.now(UTC), "actor": "user:1"}
    memo = credit_memos.create(session, order.id, CreditRequest({line: 1}), **asked).number
    page = owner_page
    page.goto(f"/credit-memos/{memo}")
    expect(page.locator(".head-subtitle")).to_contain_text("Refund requested")
    expect(page.locator("#refund-submission")).to_contain_text("Queued")

    submission = session.scalars(select(Submission).where(Submission.kind == "refund")).one()
    submission_actions.undo(session, submission.id, now=datetime.now(UTC), actor="user:1")

    expect(page.locator(".head-subtitle")).to_contain_text("Undone")
    expect(page.locator("#refund-submission[hx-trigger]")).to_have_count(0)
    expect(page.locator("main")).to_have_count(1)
    page.goto(f"/orders/{number}?tab=history")
    expect(page.locator(".history")).to_contain_text("undone before it was sent")
