"""Amounts of an Amazon order up to its invoice. Breakdown details are not added to the amounts they detail."""

import pytest

from tests.amazon.bodies import an_order
from tests.support.factories import NOW, a_store, an_account
from webapp.amazon.order_schema import lazy_orders
from webapp.models.documents import Invoice
from webapp.models.orders import Order
from webapp.services.invoicing import invoices
from webapp.services.sync.importing.import_page import import_page

pytestmark = pytest.mark.both_databases

PARTS = ("subtotal", "shipping", "tax", "discount", "other", "total")


def part(kind, amount, **details):
    euros = {"amount": amount, "currencyCode": "EUR"}
    breakdown = {"type": kind, "subtotal": euros}
    if details:
        breakdown["detailedBreakdowns"] = [
            {"subtype": name, "value": {"amount": value, "currencyCode": "EUR"}} for name, value in details.items()
        ]
    return breakdown


def line(n, quantity, total, *parts):
    return {
        "orderItemId": f"7{n}",
        "quantityOrdered": quantity,
        "product": {"sellerSku": f"SKU-{n}", "price": {"unitPrice": {"amount": "10.00", "currencyCode": "EUR"}}},
        "proceeds": {"proceedsTotal": {"amount": total, "currencyCode": "EUR"}, "breakdowns": list(parts)},
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
    }


def a_body():
    return an_order(
        proceeds={"grandTotal": {"amount": "60.83", "currencyCode": "EUR"}},
        orderItems=[
            line(
                1,
                2,
                "26.33",
                part("ITEM", "20.00"),
                part("SHIPPING", "4.00"),
                part("TAX", "4.33", ITEM="3.50", SHIPPING="0.70", GIFT_WRAP="0.13"),
                part("DISCOUNT", "-2.00", ITEM="-1.25", SHIPPING="-0.75"),
            ),
            line(
                2,
                3,
                "34.50",
                part("ITEM", "30.00"),
                part("TAX", "5.70", ITEM="5.70"),
                part("DISCOUNT", "-3.00", ITEM="-3.00"),
                part("GIFT_WRAP", "1.80"),
            ),
        ],
    )


def amounts(row):
    return tuple(getattr(row, name) for name in PARTS)


def the_order(session, *, auto_invoice):
    account = an_account(session)
    a_store(account).auto_invoice = auto_invoice
    session.commit()
    import_page(session, account.id, lazy_orders([a_body()]), now=NOW, actor="test")
    session.commit()
    return session.query(Order).one()


def test_breakdown_details_are_not_counted_twice(session):
    order = the_order(session, auto_invoice=True)

    #                         subtotal, shipping, tax, discount, other, total
    assert amounts(order) == (5000, 400, 1003, -500, 180, 6083)
    assert [amounts(item) for item in order.items] == [
        (2000, 400, 433, -200, 0, 2633),
        (3000, 0, 570, -300, 180, 3450),
    ]
    invoice = session.query(Invoice).one()
    assert amounts(invoice) == (5000, 400, 1003, -500, 180, 6083)
    assert [amounts(item) for item in invoice.items] == [
        (2000, 400, 433, -200, 0, 2633),
        (3000, 0, 570, -300, 180, 3450),
    ]


def test_an_invoice_for_some_units_has_their_share_of_each_amount(session):
    order = the_order(session, auto_invoice=False)
    first, second = order.items

    partial_invoice = invoices.create(session, order.id, {first.id: 1, second.id: 1}, now=NOW, actor="test")
    rest = invoices.create(session, order.id, now=NOW, actor="test")

    assert amounts(partial_invoice) == (2000, 200, 407, -200, 60, 2467)
    assert amounts(rest) == (3000, 200, 596, -300, 120, 3616)
