"""The flat file of returns, in the layouts that were seen in public."""

from datetime import date

import pytest

from webapp.domain.returns.report import parse
from webapp.domain.sync.order_report import BadLine, HeaderError

# The columns of amzn/selling-partner-api-models #284; the values are replaced.
SPACED = (
    "Order ID\tOrder date\tReturn request date\tReturn request status\tAmazon RMA ID\tLabel type\tLabel cost"
    "\tCurrency code\tReturn carrier\tTracking ID\tLabel to be paid by\tA-to-Z Claim\tASIN\tMerchant SKU\tItem Name"
    "\tReturn quantity\tReturn Reason\tIn policy\tResolution\tReturn delivery date\tRefunded Amount\tCategory\n"
    "303-0000000-0000001\t01-Jul-2025\t14-Jul-2025\tApproved\tD1xRRMA\tAmazonUnPaidLabel\t0.00\tEUR\tDHL\tJJD1\tCustomer\tN"
    "\tB000000001\tSKU-1\tKettle\t2\tCR-DEFECTIVE\tY\tStandardRefund\t20-Jul-2025\t12,50\tKitchen\n"
)
HYPHENATED = (
    "order-id\treturn-request-date\tamazon-rma-id\tmerchant-sku\treturn-quantity\torder-item-id\n"
    "303-0000000-0000001\t2026-09-22\tD1xRRMA\tSKU-1\t1\t90000000000001\n"
)
RETURNLESS = "Order ID\tReturn request date\tASIN\tReturn quantity\n303-0000000-0000002\t03-Aug-2025\tB000000002\t1\n"


def test_each_layout_is_read() -> None:
    (line,) = parse(SPACED).lines
    assert (line.order_number, line.sku, line.quantity, line.title) == ("303-0000000-0000001", "SKU-1", 2, "Kettle")
    assert (line.requested_on, line.delivered_on) == (date(2025, 7, 14), date(2025, 7, 20))
    assert (line.status, line.reason, line.resolution) == ("Approved", "CR-DEFECTIVE", "StandardRefund")
    assert (line.label_type, line.label_cost, line.label_paid_by) == ("AmazonUnPaidLabel", 0, "Customer")
    assert (line.carrier, line.tracking_number, line.rma) == ("DHL", "JJD1", "D1xRRMA")
    assert (line.is_in_policy, line.is_a_to_z, line.refunded, line.currency) == (True, False, 1250, "EUR")

    (line,) = parse("\ufeff" + HYPHENATED.replace("\n", "\r\n")).lines
    assert (line.requested_on, line.sku, line.quantity) == (date(2026, 9, 22), "SKU-1", 1)
    assert (line.is_in_policy, line.refunded, line.delivered_on) == (None, None, None)


def test_a_return_is_known_by_its_rma_and_item_whatever_the_layout() -> None:
    assert parse(SPACED).lines[0].identity == parse(HYPHENATED).lines[0].identity == "D1xRRMA/SKU-1"


def test_a_refund_without_a_parcel_is_known_by_order_item_and_day() -> None:
    assert parse(RETURNLESS).lines[0].identity == "303-0000000-0000002/B000000002/2025-08-03"


def test_two_lines_of_one_return_and_item_are_two() -> None:
    text = HYPHENATED + HYPHENATED.splitlines()[1] + "\n"
    assert [line.identity for line in parse(text).lines] == ["D1xRRMA/SKU-1", "D1xRRMA/SKU-1#2"]


@pytest.mark.parametrize(
    ("old", "new", "cause", "column"),
    [
        ("303-0000000-0000001", "12", "report_number_malformed", "order-id"),
        ("2026-09-22", "soon", "report_time_malformed", "return-request-date"),
        ("2026-09-22", "31-Feb-2026", "report_time_malformed", "return-request-date"),
        ("2026-09-22", "01-Foo-2026", "report_time_malformed", "return-request-date"),
        ("2026-09-22", "", "report_time_malformed", "return-request-date"),
        ("SKU-1\t1", "SKU-1\t0", "report_quantity_malformed", "return-quantity"),
        ("SKU-1\t1", "SKU-1\tone", "report_quantity_malformed", "return-quantity"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(old: str, new: str, cause: str, column: str) -> None:
    head, line = HYPHENATED.splitlines()
    report = parse("\n".join([head, line.replace(old, new), "", line]) + "\n")
    assert report.bad_lines == [BadLine(2, cause, column)]
    assert [line.sku for line in report.lines] == ["SKU-1"]


@pytest.mark.parametrize("text", ["", "order-id\tquantity\n", HYPHENATED.replace("merchant-sku", "other")])
def test_another_file_is_refused_with_the_columns_it_lacks(text: str) -> None:
    with pytest.raises(HeaderError):
        parse(text)
