"""The page of one Order is read in one statement, on both databases, and holds what its tab shows."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.queries.accounts.test_dashboard import counted
from tests.support.factories import NOW, a_store, an_account, an_order
from webapp.domain.errors import NotFoundError
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.users import User
from webapp.queries.orders import detail as order_detail
from webapp.queries.products import line_stock
from webapp.services.invoicing import credit_memos
from webapp.services.orders import comments, holds
from webapp.services.shipping import shipments
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.both_databases


@pytest.fixture
def order(session: Session) -> Order:
    account = an_account(session)
    a_store(account)
    import_page.import_page(session, account.id, [an_order(1), an_order(2)], now=NOW, actor="amazon")
    session.commit()
    return session.scalars(select(Order).where(Order.number == "100001")).one()


@pytest.fixture
def worked_on(session: Session, order: Order) -> Order:
    """An order with seven comments, one of them on a credit memo, a parcel, and the submission that confirms it."""
    user = User(id=7, email="someone@desk.example", role="owner", created_at=NOW, fs_uniquifier="x")
    session.add(user)
    session.commit()
    id_ = order.id
    for minute, actor in enumerate(("user:7", "user:8", "cli", "amazon", "user:7")):
        comments.create(session, id_, f"Number {minute}", now=NOW + timedelta(minutes=minute), actor=actor)
    holds.hold(session, id_, "Waits", now=NOW + timedelta(hours=1), actor="user:7")
    holds.unhold(session, id_, now=NOW + timedelta(hours=1), actor="user:7")
    later = NOW + timedelta(hours=2)
    shipments.create(session, id_, [Parcel(carrier="DHL", tracking_number="JJD01460000A1")], now=later, actor="cli")
    credit_memos.create(
        session, id_, CreditRequest(quantities={}, adjustment_refund=1), comment="Late", now=later, actor="cli"
    )
    return session.get_one(Order, id_)


def test_a_tab_is_one_statement(session: Session, worked_on: Order) -> None:
    number = worked_on.number
    for tab in ["information", "invoices", "credit_memos", "shipments", "history"]:
        with counted() as sent:
            order_detail.load_detail(session, number, tab)

        assert len(sent) == 1, tab


def test_the_sheet_says_what_the_order_does(session: Session, worked_on: Order) -> None:
    sheet = order_detail.load_detail(session, worked_on.number, order_detail.INFORMATION)

    own = sheet._fields[: sheet._fields.index("store")]
    assert {name: getattr(sheet, name) for name in own} == {name: getattr(worked_on, name) for name in own}
    for ours, theirs in ((sheet.store, worked_on.store), (sheet.amazon_order, worked_on.amazon_order)):
        assert ours._asdict() == {name: getattr(theirs, name) for name in ours._fields}
    assert [line._asdict() for line in sheet.items] == [
        {name: getattr(item, name) for name in order_detail.OrderLine._fields} for item in worked_on.items
    ]
    assert sheet.store.marketplace is worked_on.store.marketplace
    assert sheet.stock == line_stock.load_for_order(session, worked_on) != {}


def test_documents_of_the_order_are_counted(session: Session, worked_on: Order) -> None:
    session.add_all(
        Mail(order_id=order_id, store_id=worked_on.store_id, kind="order", state=state, actor="cli",
             created_at=NOW, queued_at=NOW, changed_at=NOW)
        for order_id, state in ((worked_on.id, "failed"), (worked_on.id, "unknown"), (worked_on.id, "sent"))
    )  # fmt: skip
    session.flush()

    assert order_detail.load_detail(session, "100001", "invoices").related == (1, 1, 1, 1, 2, 0, 0)
    assert order_detail.load_detail(session, "100002", "invoices").related == (1, 0, 0, 0, 0, 0, 0)


def test_notes_are_the_latest_with_who_wrote_them(session: Session, worked_on: Order) -> None:
    first, whole = (order_detail.load_detail(session, "100001", tab).comments for tab in ("information", "history"))

    assert [note.text for note in whole] == [
        "Late",
        "Waits",
        "Number 4",
        "Number 3",
        "Number 2",
        "Number 1",
        "Number 0",
    ]
    assert list(first) == list(whole)[: order_detail.LATEST + 1]
    assert [note.email for note in whole[1:]] == ["someone@desk.example"] * 2 + [None] * 3 + ["someone@desk.example"]
    assert [note.document for note in whole] == ["100001", *[None] * 6]


def test_the_story_is_the_whole_one_latest_first(session: Session, worked_on: Order) -> None:
    history = order_detail.load_detail(session, "100001", "history").history

    assert [event.kind for event in history.events][-3:] == [
        "order_invoiced_at_import",
        "order_created",
        "amazon_order_arrived",
    ]
    assert history.events[0].kind == "order_refunded"
    assert {event.actor: event.email for event in history.events}["user:7"] == "someone@desk.example"
    assert [version.received_at for version in history.versions] == [NOW]


def test_submissions_are_loaded_with_the_order(session: Session, worked_on: Order) -> None:
    (submission,) = order_detail.load_detail(session, "100001", "invoices").submissions

    assert (submission.kind, submission.state, submission.open, submission.details["tracking_number"]) == (
        "shipment",
        "queued",
        True,
        "JJD01460000A1",
    )
    assert submission.undo_until.tzinfo is UTC
    assert submission.undo_until >= datetime(2026, 1, 1, tzinfo=UTC)


def test_other_tabs_hold_no_personal_data(session: Session, worked_on: Order) -> None:
    with counted() as sent:
        sheet = order_detail.load_detail(session, "100001", "history")

    assert {sheet.bill_to_name, sheet.email, sheet.amazon_order.buyer_name} == {None}
    assert not [name for name in ("bill_to_name", "orders.email", "recipient", "shipping_address") if name in sent[0]]


def test_an_unknown_number_is_not_found(session: Session, order: Order) -> None:
    with pytest.raises(NotFoundError):
        order_detail.load_detail(session, "999999", order_detail.INFORMATION)
