"""The Stores page, a store's dashboard, its order settings, and switching it off or deleting it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.queries.accounts.test_dashboard import counted
from tests.support.factories import NOW, an_account, an_order
from tests.support.pages import HTMX
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.models.audit_log import Event
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.usefixtures("monday")

DASHBOARD = "/stores/desk-de"
SETTINGS = "/stores/desk-de/settings"


def arrive(session: Session, store: Store, *orders) -> None:
    import_page.import_page(session, store.account_id, list(orders), now=NOW, actor="test")
    session.commit()


def submission(session: Session, number: str, state: str) -> None:
    order = session.scalars(select(AmazonOrder).where(AmazonOrder.number == number)).one()
    session.add(
        Submission(
            kind="cancel",
            account_id=order.account_id,
            amazon_order_id=order.id,
            state=state,
            open=state == "queued",
            requested_by="test",
            requested_at=NOW,
            undo_until=NOW,
            due_at=NOW,
            changed_at=NOW,
        )
    )
    session.commit()


def stored(session: Session, column):
    """One value, read anew."""
    session.expire_all()
    found = session.scalars(select(column)).one()
    session.rollback()
    return found


def test_a_new_installation_is_led_to_connecting(owner_client, viewer_client):
    page = owner_client.get("/stores").text
    assert "Connect your first seller account" in page
    assert 'href="/stores/connect"' in page
    assert 'href="/stores/connect"' not in viewer_client.get("/stores").text


def test_a_card_says_what_a_store_is_and_how_it_does(owner_client, session, store):
    arrive(session, store, an_order(1), an_order(2))

    page = owner_client.get("/stores").text

    assert '<a href="/stores/desk-de">Desk DE</a>' in page
    assert re.search(r'figure-value">2</span>\s*<span class="muted">orders in 30 days', page)
    assert "Not yet" in page
    assert "Deactivate" in page
    assert page.count("store-card-notice") == 1
    assert "2 new products to review" in page


def test_a_card_names_each_thing_that_needs_attention_with_its_cause(owner_client, session, store):
    unpriced = {"total": None, "missing": frozenset({"PROCEEDS"})}
    arrive(session, store, an_order(1), an_order(2, **unpriced), an_order(3, **unpriced), an_order(4), an_order(5))
    submission(session, an_order(1).number, "rejected")
    submission(session, an_order(4).number, "unproved")
    submission(session, an_order(5).number, "rejected")
    submission(session, an_order(5).number, "queued")
    store.account.error_code = "bad_credentials"
    seen = {"first_seen_at": NOW, "last_seen_at": NOW}
    session.add(QuarantinedOrder(account_id=store.account_id, cause="no number", digest=b"1" * 32, body={}, **seen))
    session.commit()

    page = owner_client.get("/stores").text

    titles = re.findall(r'store-card-notice tone-(\w+)" href="([^"]+)">.*?<strong>([^<]+)</strong>', page, re.DOTALL)
    assert titles == [
        ("bad", "/accounts/1", "Orders are not being fetched"),
        ("bad", "/submissions?state=rejected", "Amazon rejected 1 request"),
        ("bad", "/submissions?state=unproved", "1 request is unconfirmed"),
        ("warn", "/syncs/quarantine?waiting=1", "1 order cannot be read"),
        ("warn", "/amazon-orders?store=desk-de&amp;blocked=1", "2 orders could not be imported"),
        ("wait", "/products?account=1&amp;flagged=1", "3 new products to review"),
    ]
    assert "Amazon refused the amounts when the order was read." in page


def test_a_card_says_that_tax_invoices_are_not_uploaded_without_the_sellers_data(owner_client, session, store):
    assert "Tax invoices are not uploaded" not in owner_client.get("/stores").text
    store.upload_invoices = True
    store.documents_sender = "Desk\nHafen 1"
    session.commit()

    for page in (owner_client.get("/stores").text, owner_client.get(DASHBOARD).text):
        assert "Tax invoices are not uploaded" in page
        assert "A tax invoice needs your VAT number." in page
        assert 'href="/stores/desk-de/documents"' in page

    store.documents_tax_number = "DE123456789"
    session.commit()
    assert "Tax invoices are not uploaded" not in owner_client.get("/stores").text


@pytest.mark.parametrize("setting", ["active", "import_orders", "upload_invoices"])
def test_a_store_that_uploads_no_invoices_needs_no_data_of_the_seller(owner_client, session, store, setting):
    store.upload_invoices = True
    setattr(store, setting, False)
    session.commit()

    assert "Tax invoices are not uploaded" not in owner_client.get("/stores").text


def test_what_amazon_refused_needs_nobody_once_the_order_has_gone_its_way(owner_client, session, store):
    arrive(session, store, an_order(1))
    submission(session, an_order(1).number, "rejected")
    assert "Amazon rejected 1 request" in owner_client.get("/stores").text

    arrive(session, store, an_order(1, "CANCELLED", updated=5))

    assert "Amazon refused" not in owner_client.get("/stores").text


def test_the_stores_page_costs_the_same_with_one_store_or_many(owner_client, session):
    an_account(session)
    with counted() as few:
        owner_client.get("/stores")
    an_account(session, ("FR", "IT", "ES", "NL"), name="Other", seller_id="A2OTHER")
    with counted() as many:
        owner_client.get("/stores")

    # Who asks, and three for the page.
    assert len(few) == len(many) == 4


def test_the_dashboard_costs_the_same_with_one_order_or_many(owner_client, session, store):
    arrive(session, store, an_order(1))
    with counted() as few:
        owner_client.get(DASHBOARD)
    arrive(session, store, *(an_order(n) for n in range(2, 60)))
    with counted() as many:
        owner_client.get(DASHBOARD)

    assert len(few) == len(many) == 7


def test_the_dashboard_shows_revenue_counts_and_recent_orders(owner_client, session, store):
    arrive(session, store, an_order(1, ship_by=NOW - timedelta(hours=1)), an_order(2, "PENDING", total=None))

    page = owner_client.get(DASHBOARD).text

    assert '<p class="headline"><span class="amount">€26.00</span>' in page
    assert "Mar 2: €26.00" in page
    assert "1 overdue" in page
    assert re.search(r'Orders today</span>\s*<span class="figure-value">2<', page)
    assert "Buyer Number1" in page
    assert re.search(r"Order \d+ created", page)
    assert "https://sellercentral-europe.amazon.com/orders-v3" in page
    assert owner_client.get(DASHBOARD + "?days=7").text.count('class="chart-day"') == 7
    assert page.count('class="chart-day"') == 30


def test_growth_is_shown_against_the_days_before(owner_client, session, store):
    arrive(session, store, an_order(1), an_order(2), an_order(3, purchased_at=NOW - timedelta(days=8)))

    page = owner_client.get(DASHBOARD + "?days=7").text

    assert "+100%" in page
    assert "compared with the previous 7 days" in page


def test_a_number_leads_to_the_order_or_to_what_amazon_says(owner_client, session, store):
    arrive(session, store, an_order(1), an_order(2, "PENDING", total=None))
    number = stored(session, Order.number)

    page = owner_client.get(DASHBOARD).text
    assert f'<a href="/orders/{number}">{an_order(1).number}</a>' in page
    assert f'<a href="/amazon-orders/{an_order(2).number}">{an_order(2).number}</a>' in page

    session.scalars(select(Store)).one().import_orders = False
    session.commit()
    page = owner_client.get(DASHBOARD).text
    assert f'<a href="/amazon-orders/{an_order(1).number}">' in page
    assert "Import of Amazon orders is disabled" in page


def test_a_colleague_sees_buyers_masked(viewer_client, session, store):
    arrive(session, store, an_order(1))

    page = viewer_client.get(DASHBOARD).text

    assert "Buyer Number1" not in page
    assert "B••• N•••" in page


def test_the_dashboard_is_left_alone_until_something_is_new(owner_client, session, store):
    arrive(session, store, an_order(1))
    page = owner_client.get(DASHBOARD).text
    poll = re.search(r'hx-get="([^"]+mark=[^"]+)"', page)[1].replace("&amp;", "&")

    assert owner_client.get(poll, headers=HTMX).status_code == 204

    arrive(session, store, an_order(2))
    fresh = owner_client.get(poll, headers=HTMX)
    assert fresh.status_code == 200
    assert fresh.text.strip().startswith('<div id="store-live"')
    assert an_order(2).number in fresh.text
    assert "HX-Request" in fresh.headers["Vary"]


def test_asking_whether_anything_is_new_costs_three_statements(owner_client, session, store):
    arrive(session, store, an_order(1))
    poll = re.search(r'hx-get="([^"]+mark=[^"]+)"', owner_client.get(DASHBOARD).text)[1].replace("&amp;", "&")

    with counted() as sent:
        owner_client.get(poll, headers=HTMX)

    assert len(sent) == 3


def test_a_store_is_switched_off_and_on(owner_client, session, store):
    off = owner_client.post("/stores/desk-de/deactivations")
    assert (off.status_code, off.location) == (303, "/")
    assert stored(session, Store.active) is False
    page = owner_client.get("/stores").text
    assert "Desk DE is inactive." in page
    assert "Inactive" in page

    owner_client.post("/stores/desk-de/activations", data={"next": DASHBOARD})
    assert stored(session, Store.active) is True
    kinds = session.scalars(select(Event.kind).where(Event.actor != "test").order_by(Event.id)).all()
    assert kinds == ["store_deactivated", "store_activated"]


def test_deleting_says_what_is_lost_and_asks_for_the_name(owner_client, session, store):
    arrive(session, store, an_order(1), an_order(2, "PENDING", total=None))

    page = owner_client.get("/stores/desk-de/delete").text
    dialog = owner_client.get("/stores/desk-de/delete", headers=HTMX).text
    wrong = owner_client.post("/stores/desk-de/deletions", data={"typed_name": "desk de"}, headers=HTMX)

    for text in (page, dialog, wrong.text):
        assert "2 Amazon orders with their history" in text
        assert "1 order with its invoices and credit memos" in text
        assert "The account Desk with its credentials" in text
    assert "<html" in page
    assert "<html" not in dialog
    assert wrong.status_code == 422
    assert "Type the store&#39;s name exactly: Desk DE" in wrong.text
    assert stored(session, Store.name) == "Desk DE"

    response = owner_client.post("/stores/desk-de/deletions", data={"typed_name": " Desk DE "})
    assert (response.status_code, response.location) == (303, "/stores")
    assert session.scalars(select(Store.id)).all() == []
    assert session.scalars(select(AmazonOrder.id)).all() == []
    session.rollback()
    assert "Desk DE was deleted." in owner_client.get("/stores").text


def test_a_store_with_open_submissions_is_not_deleted(owner_client, session, store):
    arrive(session, store, an_order(1))
    submission(session, an_order(1).number, "queued")

    answer = owner_client.post("/stores/desk-de/deletions", data={"typed_name": "Desk DE"})

    assert answer.status_code == 409
    assert "Submissions for orders of this store are still open" in answer.text


def test_a_colleague_reads_everything_and_changes_nothing(viewer_client, session, store):
    page = viewer_client.get("/stores").text
    assert "Actions" not in page
    assert '<fieldset class="bare-fieldset" disabled>' in viewer_client.get(SETTINGS).text
    for address in ("activations", "deactivations", "deletions", "settings"):
        assert viewer_client.post(f"/stores/desk-de/{address}").status_code == 403
    assert viewer_client.get("/stores/desk-de/delete").status_code == 403


def test_a_store_that_is_not_there_is_not_found(owner_client):
    for address in ["", "/settings", "/delete"]:
        answer = owner_client.get(f"/stores/nowhere{address}")
        assert answer.status_code == 404, address
        assert "There is no store nowhere." in answer.text, address
