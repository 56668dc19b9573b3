"""The document of a feed of refunds, and its processing report."""

from typing import Any

import pytest

from tests.support.fixtures import read_fixture
from webapp.amazon.feed_flat_files import build_refund_document, read_flat_report
from webapp.amazon.json_fields import MalformedError
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.amazon.types import FeedMessage, FeedReport
from webapp.domain.common.money import Money
from webapp.domain.invoicing.amazon_refunds import CODES, Refund

HEAD = (
    "order-id\torder-item-id\tadjustment-reason-code\tcurrency\titem-price-adj\titem-tax-adj\tshipping-price-adj\t"
    "shipping-tax-adj\tgift-wrap-price-adj\tgift-wrap-tax-adj\tquantity-cancelled\r\n"
)
REPORT = (
    "Feed Processing Summary:\r\n"
    "\tNumber of records processed\t\t3\r\n"
    "\tNumber of records successful\t\t2\r\n"
    "\r\n"
    "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\r\n"
    "2\t902-2-2\t22\t18102\tError\tToo much for Käthe.\r\n"
    "3\t902-3-3\t33\t9\tWarning\tLate.\r\n"
)


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def a_refund(**fields: Any) -> Refund:
    return Refund(
        **{"number": "902-1-1", "order_item_id": "11", "reason": "CustomerReturn", "item_price": euros(1990), **fields}
    )


def test_a_refund_is_a_line_with_every_column_that_amazon_requires_and_no_other() -> None:
    every_part = a_refund(
        reason="NoInventory",
        item_tax=euros(378),
        shipping_price=euros(490),
        shipping_tax=euros(93),
        gift_wrap_price=euros(5),
        gift_wrap_tax=euros(1),
        quantity_cancelled=2,
    )

    document = build_refund_document([every_part, a_refund(number="902-2-2", item_price=Money(1200, "JPY"))])

    assert document.decode() == (
        HEAD + "902-1-1\t11\tNoInventory\tEUR\t19.90\t3.78\t4.90\t0.93\t0.05\t0.01\t2\r\n"
        "902-2-2\t11\tCustomerReturn\tJPY\t1200.00\t0.00\t0.00\t0.00\t0.00\t0.00\t0\r\n"
    )
    assert every_part.total == euros(2957)


@pytest.mark.parametrize(
    ("refunds", "message"),
    [
        ([], "There is nothing to refund."),
        ([a_refund(item_price=None)], "Order 902-1-1: a refund is more than nothing, in each of its parts."),
        ([a_refund(item_price=euros(0))], "Order 902-1-1: a refund is more than nothing, in each of its parts."),
        (
            [a_refund(item_tax=euros(-1))],
            "Order 902-1-1: a refund is more than nothing, in each of its parts.",
        ),
        ([a_refund(item_tax=Money(1, "SEK"))], "Order 902-1-1: a refund has one currency."),
        ([a_refund(quantity_cancelled=-1)], "Order 902-1-1: the quantity cancelled is not one."),
        (
            [a_refund(quantity_cancelled=1)],
            "Order 902-1-1: the reason CustomerReturn does not go with the units cancelled.",
        ),
        (
            [a_refund(reason="BuyerCanceled")],
            "Order 902-1-1: the reason BuyerCanceled does not go with the units cancelled.",
        ),
        ([a_refund(item_price=Money(1, "KWD"))], "Amazon's refunds have two decimals, and KWD has more."),
        ([a_refund(number="902\t1")], "That is not an Amazon order number with an item of it."),
        ([a_refund(), a_refund(order_item_id="")], "That is not an Amazon order number with an item of it."),
        (
            [a_refund(reason="Boredom")],
            f"Amazon has no reason 'Boredom' for a refund; it has {', '.join(sorted(CODES))}.",
        ),
    ],
)
def test_what_amazon_could_not_carry_out_is_not_written(refunds: list[Refund], message: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        build_refund_document(refunds)

    assert raised.value.message == message


def test_a_report_keeps_its_counts_and_names_the_lines() -> None:
    report = read_flat_report(REPORT.encode())

    assert report == FeedReport(
        processed=3,
        successful=2,
        with_error=1,
        with_warning=1,
        messages=(
            FeedMessage(2, "Error", "18102", "Too much for Käthe.", "902-2-2", "22"),
            FeedMessage(3, "Warning", "9", "Late.", "902-3-3", "33"),
        ),
    )
    assert not report.is_contradictory


def test_a_report_may_come_in_an_old_encoding_with_a_mark_or_in_another_language() -> None:
    german = REPORT.replace("Number of records processed", "Anzahl der Datensätze").replace("\tWarning", "\tWarnung")

    assert read_flat_report(REPORT.encode("cp1252")) == read_flat_report(REPORT.encode())
    assert read_flat_report(REPORT.encode("utf-8-sig")) == read_flat_report(REPORT.encode())
    assert read_flat_report(german.encode("latin-1")) == read_flat_report(REPORT.encode())


def test_a_japanese_report_is_read_in_the_encoding_it_came_with() -> None:
    japanese = REPORT.replace("Too much for Käthe.", "返金額が多すぎます。").replace("\tWarning", "\t警告")

    messages = read_flat_report(japanese.encode("shift-jis"), "Shift_JIS").messages

    assert [(one.severity, one.description) for one in messages] == [
        ("Error", "返金額が多すぎます。"),
        ("Warning", "Late."),
    ]
    assert read_flat_report(japanese.encode("shift-jis"), "no-such-charset").processed == 3


def test_spaces_around_what_a_report_says_do_not_matter() -> None:
    padded = REPORT.replace("\t", " \t ").replace("\r\n", " \r\n")
    assert read_flat_report(padded.encode()) == read_flat_report(REPORT.encode())


def test_a_report_without_errors_has_no_table() -> None:
    report = read_flat_report(REPORT.replace("\t\t2", "\t\t3").split("original")[0].encode())

    assert (report.processed, report.successful, report.with_error, report.messages) == (3, 3, 0, ())


@pytest.mark.parametrize(
    ("name", "successful", "messages"),
    [
        ("upload_accepted", 1, ()),
        (
            "upload_rejected_79513",
            0,
            (
                FeedMessage(
                    1,
                    "Error",
                    "79513",
                    "Please provide metadata:shippingid or metadata:orderid,metadata:invoicenumber,"
                    "metadata:totalamount,metadata:totalvatamount",
                ),
            ),
        ),
        (
            "upload_rejected_79525_run_together",
            0,
            (FeedMessage(1, "Error", "79525", "Amazon will generate invoice for shipmentId N/A, orderId N/A"),),
        ),
    ],
)
def test_the_reports_that_sellers_published_are_read(
    name: str, successful: int, messages: tuple[FeedMessage, ...]
) -> None:
    report = read_flat_report(read_fixture(f"feed_reports/{name}.txt").encode())

    assert (report.processed, report.successful, report.messages) == (1, successful, messages)
    assert not report.is_contradictory


def test_rows_of_a_report_may_be_broken_after_any_column() -> None:
    for broken in ("1\t\n\t79513\tError\tNo.", "1\t\t\n79513\tError\tNo.\t", "1\t\t79513\t\nError\tNo."):
        table = f"original-record-number\tsku\terror-code\terror-type\terror-message\t\n{broken}\n"
        report = read_flat_report(f"Summary:\n\tProcessed\t\t1\n\tSuccessful\t\t0\n\n{table}".encode())
        assert report.messages == (FeedMessage(1, "Error", "79513", "No."),), broken


def test_an_error_of_the_whole_file_is_message_zero() -> None:
    table = "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\n"
    document = f"Feed Processing Summary:\n\tProcessed\t\t0\n\tSuccessful\t\t0\n\n{table}\t\t\t90061\tError\tNo.\n"
    report = read_flat_report(document.encode())

    assert report.messages == (FeedMessage(0, "Error", "90061", "No."),)
    assert not report.is_contradictory


def test_counts_that_say_other_than_the_lines_are_noticed() -> None:
    for before, after in [
        ("\t\t2\r", "\t\t3\r"),
        ("\t\t2\r", "\t\t1\r"),
        ("2\t902-2-2", "0\t902-2-2"),
        ("\tError", "\tWarning"),
    ]:
        assert read_flat_report(REPORT.replace(before, after).encode()).is_contradictory, (before, after)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "its numbers of records processed and successful are missing or impossible"),
        (
            b"<html><body>Sorry</body></html>",
            "its numbers of records processed and successful are missing or impossible",
        ),
        (
            REPORT.replace("\t\t2\r", "\t\t4\r").encode(),
            "its numbers of records processed and successful are missing or impossible",
        ),
        (REPORT.replace("2\t902-2-2", "two\t902-2-2").encode(), "original-record-number is not a number"),
        (REPORT.replace("error-type", "type").encode(), "error-type is missing"),
    ],
)
def test_what_is_no_report_is_refused(document: bytes, message: str) -> None:
    with pytest.raises(MalformedError) as raised:
        read_flat_report(document)

    assert str(raised.value) == message


def test_severities_are_read_in_every_language_of_the_marketplaces() -> None:
    for warning, error in [
        ("Warnung", "Fehler"),
        ("AVERTISSEMENT", "Erreur"),
        ("Advertencia", "Error"),
        ("Avvertenza", "Errore"),
        ("Waarschuwing", "Fout"),
        ("Varning", "Fel"),
        ("OSTRZEŻENIE", "Błąd"),
        ("UYARI", "HATA"),
        ("Advertência", "Erro"),
        ("警告", "エラー"),
        ("警告", "错误"),
        ("경고", "오류"),
        ("تحذير", "خطأ"),
        ("चेतावनी", "त्रुटि"),
        ("Warning:", "FATAL"),
    ]:
        document = REPORT.replace("\tWarning", f"\t{warning}").replace("\tError", f"\t{error}")
        report = read_flat_report(document.encode())

        assert [message.severity for message in report.messages] == ["Error", "Warning"], (warning, error)
        assert not report.is_contradictory, (warning, error)


@pytest.mark.parametrize(
    ("successful", "severities"),
    [(3, ["Warning", "Warning"]), (1, ["Error", "Error"])],
)
def test_an_unknown_severity_is_what_the_counts_say(successful: int, severities: list[str]) -> None:
    document = REPORT.replace("\tWarning", "\tViðvörun").replace("\tError", "\tViðvörun")
    report = read_flat_report(document.replace("\t\t2\r", f"\t\t{successful}\r").encode())

    assert [message.severity for message in report.messages] == severities
    assert not report.is_contradictory


def test_an_unknown_severity_next_to_an_error_that_explains_the_counts_is_a_warning() -> None:
    report = read_flat_report(REPORT.replace("\tWarning", "\tViðvörun").encode())

    assert [message.severity for message in report.messages] == ["Error", "Warning"]
    assert not report.is_contradictory


def test_unknown_severities_of_which_the_counts_explain_only_some_prove_nothing() -> None:
    document = REPORT.replace("\tWarning", "\tViðvörun").replace("\tError", "\tViðvörun")
    assert read_flat_report(document.encode()).is_contradictory


def test_amazons_words_survive_the_encodings_of_the_marketplaces() -> None:
    for words, codec, charset in [
        ("返金額が①円～です", "cp932", "Shift_JIS"),
        ("退款金额过大镕", "gb18030", "GB2312"),
        ("Kwota zwrotu jest zbyt duża", "cp1250", "windows-1250"),
        ("İade tutarı çok yüksek ş", "cp1254", "ISO-8859-9"),
        ("Erstattung für „Käthe“", "cp1252", "ISO-8859-1"),
        ("Too much.", "utf-16", "UTF-16"),
    ]:
        document = REPORT.replace("Too much for Käthe.", words).encode(codec)

        assert read_flat_report(document, charset).messages[0].description == words, (words, codec, charset)
