"""Orders with the largest and oddest values the gateway accepts are stored whole."""

import pytest
from sqlalchemy import select

from tests.amazon.bodies import an_order
from tests.support.factories import NOW, a_store, an_account
from webapp.amazon.json_fields import MAX_AMOUNT, MAX_QUANTITY, TEXT, WORD
from webapp.amazon.order_schema import lazy_orders
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.models.orders import Order
from webapp.services.accounts import stores
from webapp.services.sync.importing.import_page import import_page

pytestmark = pytest.mark.both_databases

LONG, LONGEST = "W" * WORD, "ß" * TEXT
MOST = {"amount": f"{MAX_AMOUNT // 100}.00", "currencyCode": "EUR"}


def an_enormous_order(lines=20):
    """Every word and text, quantity and amount at the longest and largest that is accepted."""
    body = an_order("N" * 64, status="SHIPPED")
    (line,) = body["orderItems"]
    line |= {"quantityOrdered": MAX_QUANTITY}
    line["product"] |= {"asin": LONG, "title": LONGEST, "sellerSku": LONG, "condition": {"conditionType": LONG}}
    line["product"]["price"] = {"unitPrice": MOST}
    line["proceeds"] = {"breakdowns": [{"type": LONG, "subtotal": MOST}]}
    line["fulfillment"] = {"quantityFulfilled": MAX_QUANTITY}
    line["cancellation"] = {
        "cancellationRequest": {"requester": "BUYER", "cancelReason": LONGEST},
        "cancellationExecution": {"cancelledBy": LONG},
    }
    items = [line | {"orderItemId": f"{n:0>{WORD}}"} for n in range(lines)]
    package = {
        "packageReferenceId": LONG,
        "packageStatus": {"status": LONG},
        "carrier": LONG,
        "shippingService": LONG,
        "trackingNumber": LONG,
    }
    return body | {
        "createdTime": "2026-03-01T08:00:00Z",
        "lastUpdatedTime": "2199-12-31T23:59:59Z",
        "programs": [LONG],
        "orderItems": items,
        "proceeds": {"grandTotal": MOST},
        "packages": [package],
        "payment": {"paymentExecutions": [{"paymentMethod": LONG}]},
        "associatedOrders": [{"orderId": LONG, "associationType": "REPLACEMENT_ORIGINAL_ID"}],
        "fulfillment": {
            "fulfillmentStatus": "SHIPPED",
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": LONG,
            "shipByWindow": {"latestDateTime": "1995-01-01T00:00:00Z"},
        },
    }


def imported(session, *bodies):
    account = an_account(session)
    stores.change_settings(session, a_store(account), {"order_number_source": "amazon"}, now=NOW, actor="test")
    counts = import_page(session, account.id, lazy_orders(bodies), now=NOW, actor="test")
    session.commit()
    return counts


def test_an_order_of_the_largest_size_is_stored_whole(session, app):
    counts = imported(session, an_enormous_order())

    assert (counts.new, counts.orders_created, counts.quarantined) == (1, 1, 0)
    amazon_order = session.scalars(select(AmazonOrder)).one()
    assert (amazon_order.service_level, amazon_order.replaces, amazon_order.cancelled_by) == (LONG, LONG, LONG)
    assert (amazon_order.total, amazon_order.quantity) == (MAX_AMOUNT, 20 * MAX_QUANTITY)
    (package,) = amazon_order.packages
    assert (package.reference, package.status, package.carrier, package.tracking_number) == (LONG,) * 4
    order = session.scalars(select(Order)).one()
    assert order.number == "N" * 64
    assert {(item.sku, item.asin, item.title) for item in order.items} == {(LONG, LONG, LONGEST)}
    assert order.items[0].total == MAX_AMOUNT * MAX_QUANTITY


def test_open_words_of_any_length_are_stored(session, app):
    body = an_enormous_order(1)
    body["fulfillment"] |= {"fulfillmentStatus": LONG, "fulfilledBy": LONG}

    counts = imported(session, body)

    assert (counts.new, counts.orders_created) == (1, 0)
    assert session.execute(select(AmazonOrder.status, AmazonOrder.fulfilled_by)).one() == (LONG, LONG)


def test_odd_values_are_left_out_of_their_orders_which_are_kept(session, app):
    odd = [an_order(f"902-0000000-000000{n}") for n in range(1, 6)]
    odd[0]["orderItems"][0]["product"]["title"] = "Kettle\0"
    odd[1]["buyer"]["buyerName"] = "\ud83d"
    odd[2]["orderItems"][0]["quantityOrdered"] = MAX_QUANTITY + 1
    odd[3]["proceeds"]["grandTotal"] = MOST | {"amount": f"{MAX_AMOUNT // 100}.01"}
    odd[4]["fulfillment"]["shipByWindow"]["latestDateTime"] = "9999-12-31T23:59:59-14:00"

    counts = imported(session, *odd, an_order())

    assert (counts.new, counts.quarantined, counts.orders_created) == (5, 1, 5)
    # How many pieces were bought cannot be guessed.
    (entry,) = session.scalars(select(QuarantinedOrder))
    assert (entry.body, entry.cause) == (odd[2], "orderItems[0].quantityOrdered is not a quantity")
    assert {
        amazon_order.number[-1]: amazon_order.invalid_fields for amazon_order in session.scalars(select(AmazonOrder))
    } == {
        "1": [["orderItems[0].product.title", "bad_characters", None]],
        "2": [["buyer.buyerName", "bad_characters", None]],
        "4": [["proceeds.grandTotal.amount", "too_large", f"{MAX_AMOUNT // 100}.01"]],
        "5": [["fulfillment.shipByWindow.latestDateTime", "impossible_time", "9999-12-31T23:59:59-14:00"]],
        "0": [],
    }
    # The lines say what the order costs where its total does not.
    assert session.scalars(select(Order.total).distinct()).all() == [2490]
