"""Lines that Amazon cancels, reduces, restores or adds after the import, and what becomes of the order."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from tests.support.factories import a_store, an_account, an_item, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders, event_kinds
from tests.support.stock import a_product, stock_counters
from webapp.domain.errors import AppError
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping.parcels import Parcel
from webapp.models.audit_log import Event
from webapp.models.documents import Invoice
from webapp.models.shipments import Parcel as ParcelRow
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.shipping import parcels, shipments


@pytest.fixture
def account(session):
    return an_account(session)


def without_auto_invoice(session, account):
    a_store(account).auto_invoice = False
    session.commit()


def lines(*quantities, sent=()):
    gone = (*sent, *([0] * len(quantities)))
    return tuple(an_item(n, units, quantity_shipped=gone[n - 1]) for n, units in enumerate(quantities, start=1))


def import_update(session, *quantities, at, sent=(), status="UNSHIPPED", **more):
    (order,) = create_orders(session, an_order(1, status, updated=at, items=lines(*quantities, sent=sent), **more))
    session.expire_all()
    return order


def goods(*quantities):
    """Lines that cost 10.00 a piece and nothing else."""
    return tuple(
        replace(item, total=item.unit_price * item.quantity, components=item.components[:1])
        for item in lines(*quantities)
    )


def left_to_ship(order):
    return [order_states.count_left_to_ship(item) for item in order.items]


def ordered_and_canceled(order):
    return [(item.ordered, item.canceled) for item in order.items]


def events_of(session, kind):
    return list(session.scalars(select(Event.args).where(Event.kind == kind).order_by(Event.id)))


@pytest.mark.both_databases
def test_lines_cancelled_at_amazon_are_neither_shipped_nor_reserved(session, account):
    a_product(session)
    import_update(session, 2, 1, at=0)
    assert stock_counters(session) == (10, 2, 8)

    order = import_update(session, 1, 0, at=5)

    assert (left_to_ship(order), ordered_and_canceled(order), order.state) == ([1, 0], [(2, 1), (1, 1)], "processing")
    assert stock_counters(session) == (10, 1, 9)
    assert events_of(session, "line_reduced_at_amazon") == [
        {"item": "SKU-1", "before": 2, "after": 1},
        {"item": "SKU-2", "before": 1, "after": 0},
    ]
    # Both were invoiced at import, so a credit memo is due.
    assert events_of(session, "cancelled_units_invoiced") == [{"quantity": 2}]
    shipments.create(session, order.id, **AUDIT_ARGS)
    session.expire_all()
    assert (left_to_ship(order), stock_counters(session)) == ([0, 0], (9, 0, 9))


def test_a_credit_memo_for_what_was_cancelled_leaves_the_rest_to_be_shipped(session, account):
    import_update(session, 2, 1, at=0)
    order = import_update(session, 1, 0, at=5)
    first, second = order.items

    credit_memos.create(session, order.id, CreditRequest({first.id: 1, second.id: 1}, shipping=0), **AUDIT_ARGS)

    session.expire_all()
    assert (sum(map(order_states.count_left_to_credit, order.items)), left_to_ship(order), order.state) == (
        0,
        [1, 0],
        "processing",
    )


def test_a_line_amazon_lists_no_more_is_cancelled(session, account):
    import_update(session, 2, 1, at=0)

    order = import_update(session, 2, at=5)

    assert (left_to_ship(order), ordered_and_canceled(order)) == ([2, 0], [(2, 0), (1, 1)])


def test_before_the_first_invoice_the_amounts_are_those_of_what_remains(session, account):
    without_auto_invoice(session, account)
    order = import_update(session, 2, 1, at=0)
    assert (order.subtotal, order.shipping, order.tax, order.discount, order.total) == (3000, 600, 800, -200, 4200)

    first, gone = lines(1, 0)
    gone = replace(gone, total=None, components=())
    (order,) = create_orders(session, an_order(1, updated=5, items=(first, gone), total=first.total))
    session.expire_all()

    # One piece at 10.00, and shipping, tax and discount of one line.
    assert (order.subtotal, order.shipping, order.tax, order.discount, order.total) == (1000, 300, 400, -100, 1600)
    made = invoices.create(session, order.id, **AUDIT_ARGS)
    session.expire_all()
    assert (made.subtotal, made.shipping, made.tax, made.discount, made.total) == (1000, 300, 400, -100, 1600)
    assert [(item.quantity, item.total) for item in made.items] == [(1, 1600)]


def test_what_was_invoiced_in_part_keeps_its_amounts(session, account):
    without_auto_invoice(session, account)
    order = import_update(session, 3, at=0)
    invoices.create(session, order.id, {order.items[0].id: 1}, **AUDIT_ARGS)

    order = import_update(session, 2, at=5)

    assert (order_states.count_left_to_invoice(order.items[0]), order.total) == (1, 3600)
    invoices.create(session, order.id, **AUDIT_ARGS)
    session.expire_all()
    assert order.total_invoiced == 2400


def test_units_that_come_back_are_shipped_after_all(session, account):
    a_product(session)
    import_update(session, 2, 1, at=0)
    import_update(session, 0, 1, at=5)

    order = import_update(session, 2, 1, at=6)

    assert (left_to_ship(order), ordered_and_canceled(order), stock_counters(session)) == (
        [2, 1],
        [(2, 0), (1, 0)],
        (10, 2, 8),
    )
    assert events_of(session, "line_increased_at_amazon") == [{"item": "SKU-1", "before": 0, "after": 2}]


def test_a_complete_order_is_open_again_when_amazon_wants_more(session, account):
    (order,) = create_orders(session, an_order(1, items=goods(1)))
    sent = tuple(replace(item, quantity_shipped=1) for item in goods(1))
    create_orders(session, an_order(1, "SHIPPED", updated=1, items=sent))
    session.expire_all()
    assert order.state == "complete"

    create_orders(session, an_order(1, updated=5, items=goods(2, 3)))
    session.expire_all()

    assert (order.state, left_to_ship(order), ordered_and_canceled(order)) == ("processing", [1, 3], [(2, 0), (3, 0)])
    # One piece is invoiced; the order is worth what Amazon counts.
    assert (order.total, order.total_invoiced) == (5000, 1000)
    assert events_of(session, "line_added_at_amazon") == [{"item": "SKU-2", "after": 3}]
    invoices.create(session, order.id, **AUDIT_ARGS)
    session.expire_all()
    assert order.total_invoiced == order.total


def test_what_has_left_before_the_cancellation_stays_shipped_until_the_parcel_is_taken_back(session, account):
    a_product(session)
    order = import_update(session, 2, at=0)
    shipments.create(session, order.id, [Parcel(quantities={order.items[0].id: 2})], **AUDIT_ARGS)

    order = import_update(session, 1, at=5)
    assert (order.items[0].shipped, ordered_and_canceled(order), left_to_ship(order)) == (2, [(2, 0)], [0])

    parcels.delete(session, session.scalars(select(ParcelRow.id)).one(), **AUDIT_ARGS)
    session.expire_all()
    assert (order.items[0].shipped, ordered_and_canceled(order), left_to_ship(order), order.state) == (
        0,
        [(2, 1)],
        [1],
        "processing",
    )
    assert stock_counters(session) == (10, 1, 9)


@pytest.mark.parametrize("auto_invoice", [True, False])
def test_an_order_of_which_nothing_remains_is_not_complete(session, account, auto_invoice):
    a_store(account).auto_invoice = auto_invoice
    session.commit()
    import_update(session, 2, 1, at=0)

    order = import_update(session, 0, 0, at=5)

    assert (left_to_ship(order), order.state) == ([0, 0], "processing" if auto_invoice else "new")
    order = import_update(session, 0, 0, at=6, status="CANCELLED")
    assert order.state == "canceled"


def test_an_order_on_hold_follows_and_stays_on_hold(session, account):
    from webapp.services.orders import holds

    order = import_update(session, 2, at=0)
    holds.hold(session, order.id, "Waiting", **AUDIT_ARGS)

    order = import_update(session, 1, at=5)

    assert (order.state, left_to_ship(order)) == ("holded", [1])


def test_a_change_that_says_nothing_of_quantities_tells_nothing(session, account):
    order = import_update(session, 2, 1, at=0)
    seen = order.version

    order = import_update(session, 2, 1, at=5, service_level="EXPEDITED")

    assert (event_kinds(session, order), order.version) == ([], seen)


def test_quantities_of_an_order_read_without_its_amounts_are_followed_and_the_amounts_kept(session, account):
    without_auto_invoice(session, account)
    import_update(session, 2, at=0)
    bare = tuple(replace(item, total=None, components=(), unit_price=None) for item in lines(1))

    (order,) = create_orders(session, an_order(1, updated=5, items=bare, total=None, missing=frozenset({"PROCEEDS"})))

    session.expire_all()
    assert (left_to_ship(order), order.total) == ([1], 2600)


# --- orders without amounts


def free(*quantities, sent=()):
    return tuple(replace(item, total=None, components=(), unit_price=None) for item in lines(*quantities, sent=sent))


@pytest.mark.both_databases
def test_an_order_without_amounts_is_shipped_and_invoiced_over_nothing(session, account):
    (order,) = create_orders(session, an_order(1, items=free(1), total=None, replaces="303-1-1"))
    assert (order.state, order.total, order.currency, left_to_ship(order)) == ("new", 0, "EUR", [1])

    shipments.create(session, order.id, **AUDIT_ARGS)
    create_orders(session, an_order(1, "SHIPPED", updated=5, items=free(1, sent=(1,)), total=None))

    session.expire_all()
    assert (order.state, order.total_invoiced) == ("complete", 0)
    assert session.scalars(select(Invoice.total)).all() == [0]


def test_amounts_that_come_later_are_taken_and_invoiced(session, account):
    (order,) = create_orders(session, an_order(1, items=free(2), total=None))

    order = import_update(session, 2, at=5)

    assert (order.total, order.subtotal, order.tax, order.total_invoiced, order.state) == (
        2600,
        2000,
        400,
        2600,
        "processing",
    )


def test_an_order_whose_lines_alone_have_amounts_costs_what_they_cost(session, account):
    (order,) = create_orders(session, an_order(1, items=lines(2, 1), total=None))

    assert (order.total, order.total_invoiced) == (4200, 4200)


def test_a_shipped_order_without_amounts_is_complete(session, account):
    (order,) = create_orders(session, an_order(1, "SHIPPED", items=free(1, sent=(1,)), total=None))

    assert (order.state, order.total) == ("complete", 0)


# --- whatever happens


_QUANTITY = st.integers(0, 3)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("amazon"), st.lists(_QUANTITY, min_size=1, max_size=3), st.lists(_QUANTITY, max_size=3)),
        st.tuples(st.just("ship"), _QUANTITY, _QUANTITY),
        st.tuples(st.just("invoice"), _QUANTITY, _QUANTITY),
        st.tuples(st.just("refund"), _QUANTITY, _QUANTITY),
        st.tuples(st.just("take_back"), _QUANTITY, _QUANTITY),
    ),
    max_size=12,
)


def step(session, order, at_amazon, number, one):
    """Do one step; one that is refused changes nothing. Returns what Amazon counts of each line."""
    kind, first, second = one
    chosen = (
        {item.id: units for item, units in zip(order.items, (first, second), strict=False)}
        if kind
        in (
            "ship",
            "invoice",
            "refund",
        )
        else {}
    )
    try:
        if kind == "amazon":
            quantities = [*first, *([0] * (len(at_amazon) - len(first)))]
            # Amazon never counts fewer units as shipped than before.
            sent = [
                min(units, max(before[1], more))
                for units, before, more in zip(
                    quantities,
                    [*at_amazon, *([(0, 0)] * len(quantities))],
                    [*second, *([0] * len(quantities))],
                    strict=False,
                )
            ]
            import_update(session, *quantities, at=number + 1, sent=sent)
            return list(zip(quantities, sent, strict=True))
        if kind == "ship":
            shipments.create(session, order.id, [Parcel(quantities=chosen)], **AUDIT_ARGS)
        elif kind == "invoice":
            invoices.create(session, order.id, chosen, **AUDIT_ARGS)
        elif kind == "refund":
            credit_memos.create(session, order.id, CreditRequest(chosen, shipping=0), **AUDIT_ARGS)
        elif kind == "take_back":
            found = session.scalars(select(ParcelRow.id).order_by(ParcelRow.id)).first()
            if found is not None:
                parcels.delete(session, found, **AUDIT_ARGS)
    except AppError:
        session.rollback()
    session.expire_all()
    return at_amazon


def check(session, order, at_amazon):
    amazon = dict(zip([f"9000000000{n:04}" for n in range(1, 9)], at_amazon, strict=False))
    for item in order.items:
        ordered, sent = amazon.get(item.order_item_id, (0, 0))
        assert item.ordered - item.canceled == max(ordered, sent, item.shipped)
        assert item.shipped >= sent
    waited_for = [
        max(0, amazon.get(item.order_item_id, (0, 0))[0] - item.shipped - order_states.count_given_back(item))
        for item in order.items
    ]
    missing = [
        id_ for id_, (ordered, _) in amazon.items() if ordered and id_ not in {i.order_item_id for i in order.items}
    ]
    assert missing == []
    # How Amazon answered the shipments decides the rest of the state, and is not what is looked at here.
    nothing_left = all(order_states.count_unshipped(item) == 0 for item in order.items)
    assert nothing_left == (not any(waited_for))
    if order.state in ("awaiting_amazon", "complete"):
        assert not any(waited_for)
    assert order.total == sum((order.subtotal, order.shipping, order.tax, order.discount, order.other))
    reserved = sum(order_states.count_unshipped(item) for item in order.items if item.sku == "SKU-1")
    assert stock_counters(session)[1] == reserved


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, auto_invoice=st.booleans())
def test_whatever_happens_the_order_waits_for_what_amazon_waits_for(session, steps, auto_invoice):
    clear(session)
    account = an_account(session)
    a_store(account).auto_invoice = auto_invoice
    a_product(session, quantity=100)
    session.commit()
    order, at_amazon = import_update(session, 2, 1, at=0), [(2, 0), (1, 0)]
    for number, one in enumerate(steps):
        at_amazon = step(session, order, at_amazon, number, one)
        session.expire_all()
        check(session, order, at_amazon)


def clear(session):
    """Every example begins with an empty database."""
    from webapp.db.base import Base

    session.rollback()
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())
    session.execute(text("DELETE FROM sqlite_sequence"))
    session.commit()
    session.expunge_all()
