"""Reading Amazon's flat file of all orders."""

from datetime import UTC, datetime

import pytest

from webapp.domain.common.money import Money
from webapp.domain.sync.order_report import REQUIRED, HeaderError, parse

HEADER = (
    "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\tquantity"
    "\tcurrency\titem-price\titem-tax\tshipping-price\titem-promotion-discount\titem-status\tsku\tproduct-name\tship-city"
)
ORDER = {
    "amazon-order-id": "302-0000001-0000001",
    "purchase-date": "2026-10-01T10:00:00+00:00",
    "last-updated-date": "2026-10-03T10:00:00+02:00",
    "order-status": "Shipped",
    "fulfillment-channel": "Merchant",
    "sales-channel": "Amazon.de",
    "quantity": "2",
    "currency": "EUR",
    "item-price": "20.00",
    "item-tax": "3.19",
    "shipping-price": "4.90",
    "item-promotion-discount": "1.50",
    "item-status": "Shipped",
    "sku": "CUP-1",
    "product-name": 'Cup 3" tall',
    "ship-city": "Berlin",
}


def a_file(*rows, header=HEADER, separator="\t"):
    names = header.split("\t")
    lines = [names, *([{**ORDER, **row}.get(name, "") for name in names] for row in rows)]
    return "".join(separator.join(line) + "\r\n" for line in lines)


def test_an_order_has_the_lines_of_its_items():
    report = parse(a_file({}, {"amazon-order-id": "302-0000002-0000002"}, {"sku": "MUG-1", "quantity": "1"}))

    assert report.bad_lines == []
    order = report.orders[0]
    assert [item.sku for item in order.items] == ["CUP-1", "MUG-1"]
    assert len({item.order_item_id for item in order.items}) == 2
    assert (order.status, order.fulfilled_by, order.quantity, order.quantity_shipped) == ("SHIPPED", "MERCHANT", 3, 3)
    assert order.purchased_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert order.last_updated_at == datetime(2026, 10, 3, 8, tzinfo=UTC)
    assert order.items[0].title == 'Cup 3" tall'
    assert "ship-city" not in order.raw["report"][0]


@pytest.mark.parametrize(("channel", "total"), [("Amazon.de", 2340), ("Amazon.com", 2659)])
def test_prices_include_tax_but_in_north_america(channel, total):
    report = parse(a_file({"sales-channel": channel}))

    assert report.orders[0].total == Money(total, "EUR")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Pending", "PENDING"),
        ("Pending - Waiting for Pick Up", "PENDING"),
        ("Unshipped", "UNSHIPPED"),
        ("Shipping", "PARTIALLY_SHIPPED"),
        ("Shipped - Delivered to Buyer", "SHIPPED"),
        ("Complete", "SHIPPED"),
        ("Cancelled", "CANCELLED"),
        ("Something new", "Something new"),
    ],
)
def test_the_status_is_that_of_the_orders_api(text, status):
    assert parse(a_file({"order-status": text})).orders[0].status == status


def test_a_cancelled_order_has_no_amounts():
    row = {"order-status": "Cancelled", "quantity": "0", "currency": "", "item-price": "", "item-status": "Cancelled"}

    order = parse(a_file(row)).orders[0]

    assert (order.total, order.quantity) == (None, 0)


@pytest.mark.parametrize(
    ("row", "cause", "column"),
    [
        ({"amazon-order-id": "302-1"}, "report_number_malformed", "amazon-order-id"),
        ({"product-name": "x" * 200_000}, "report_number_malformed", "amazon-order-id"),
        ({"purchase-date": "yesterday"}, "report_time_malformed", "purchase-date"),
        ({"purchase-date": "0001-01-01T00:00:00+14:00"}, "report_time_malformed", "purchase-date"),
        ({"last-updated-date": "9999-12-31T23:59:59+00:00"}, "report_time_malformed", "last-updated-date"),
        ({"quantity": "two"}, "report_quantity_malformed", "quantity"),
        ({"item-price": "12.3.4"}, "report_amount_malformed", "item-price"),
    ],
)
def test_a_bad_line_is_named_and_its_order_left_out(row, cause, column):
    report = parse(a_file({"amazon-order-id": "302-0000002-0000002"}, {}, row))

    assert [(bad.line, bad.cause, bad.column) for bad in report.bad_lines] == [(4, cause, column)]
    expected = ["302-0000002-0000002"] + ["302-0000001-0000001"] * (column == "amazon-order-id")
    assert [order.number for order in report.orders] == expected


def test_orders_of_other_channels_are_counted_only():
    report = parse(a_file({"sales-channel": "Non-Amazon DE"}, {"amazon-order-id": "302-0000002-0000002"}))

    assert (report.foreign, len(report.orders)) == (1, 1)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_file_without_a_required_column_is_refused(name):
    header = "\t".join(column for column in HEADER.split("\t") if column != name)

    with pytest.raises(HeaderError) as refused:
        parse(a_file({}, header=header))

    assert refused.value.missing == [name]


@pytest.mark.parametrize("text", ["", "\r\n", "nothing of that kind"])
def test_a_file_that_is_no_report_is_refused(text):
    with pytest.raises(HeaderError):
        parse(text)


def test_columns_may_come_in_any_order_with_unknown_ones_between():
    names = HEADER.split("\t")
    header = "\t".join(["cpf", *reversed(names), "future-column"])

    assert parse(a_file({}, header=header)).orders[0].number == ORDER["amazon-order-id"]


def test_a_spreadsheet_may_have_saved_it_with_semicolons():
    assert parse(a_file({"product-name": "Cup"}, separator=";")).orders[0].total == Money(2340, "EUR")


def test_nul_characters_are_left_out():
    (order,) = parse(a_file({"sku": "A\0B"})).orders

    assert order.items[0].sku == "AB"
    assert "\0" not in str(order.raw)
