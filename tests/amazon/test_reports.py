"""Reports: their documents are decoded whatever their encoding, and invalid responses are refused."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from tests.amazon.scripted import GERMANY, Reply, Script, error_reply, json_reply
from webapp.amazon.gateway import Amazon
from webapp.domain.amazon.errors import InvalidRequest, InvalidResponse, ResourceNotFound, Unavailable
from webapp.domain.amazon.types import Report

REPORTS = "/reports/2021-06-30/reports"
DOCUMENT = "/reports/2021-06-30/documents/amzn1.spdoc.1"
TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
DONE = Report("9", TYPE, "DONE", document_id="amzn1.spdoc.1")
TITLES = {"german": "Küchenwaage für Öl – 5 €", "japanese": "ちりめん風呂敷 ①", "chinese": "厨房电子秤，送电池"}


def storage(script: Script, content: bytes, content_type: str, *, compressed: bool = True) -> None:
    answer: dict[str, object] = {"reportDocumentId": "amzn1.spdoc.1", "url": f"{script.url}/storage"}
    if compressed:
        answer["compressionAlgorithm"] = "GZIP"
    script.reply_to(DOCUMENT, json_reply(answer))
    script.reply_to(
        "/storage", Reply(200, gzip.compress(content) if compressed else content, {"content-type": content_type})
    )


def test_a_report_is_requested_for_its_window(amazon: Amazon, script: Script) -> None:
    script.reply_to(REPORTS, json_reply({"reportId": "9"}, 202))

    report = amazon.create_report(TYPE, [GERMANY], START, END)

    assert (report.report_id, report.status) == ("9", "IN_QUEUE")
    assert json.loads(script.requests_to(REPORTS)[0].body) == {
        "reportType": TYPE,
        "marketplaceIds": [GERMANY],
        "dataStartTime": "2026-11-01T00:00:00.000Z",
        "dataEndTime": "2026-11-30T00:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("charset", "codec", "title"),
    [
        ("UTF-8", "utf-8", "japanese"),
        ("UTF-8", "utf-8-sig", "german"),
        ("Cp1252", "cp1252", "german"),
        ("ISO-8859-1", "cp1252", "german"),
        ("Shift_JIS", "cp932", "japanese"),
        ("GBK", "gbk", "chinese"),
        ("UTF-16", "utf-16", "chinese"),
    ],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_a_document_is_decoded_by_its_content_type(
    amazon: Amazon, script: Script, charset: str, codec: str, title: str, compressed: bool
) -> None:
    text = f"amazon-order-id\tproduct-name\r\n302-1\t{TITLES[title]}\r\n"
    storage(script, text.encode(codec), f"text/plain; charset={charset}", compressed=compressed)

    assert amazon.report_document(DONE) == text


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; charset=x-unknown", "text/plain; charset=UTF-8"])
def test_a_document_without_the_right_charset_is_decoded_by_its_bytes(
    amazon: Amazon, script: Script, content_type: str
) -> None:
    text = f"product-name\r\n{TITLES['german']}\r\n"
    storage(script, text.encode("cp1252"), content_type)

    assert amazon.report_document(DONE) == text


def test_an_expired_url_is_replaced_by_a_new_one(amazon: Amazon, script: Script) -> None:
    storage(script, b"amazon-order-id\r\n", "text/plain; charset=UTF-8", compressed=False)
    expired = Reply(403, b"<Error/>", {"content-type": "application/xml"})
    script.reply_to("/storage", *[expired] * 4, Reply(200, b"amazon-order-id\r\n", {"content-type": "text/plain"}))

    assert amazon.report_document(DONE) == "amazon-order-id\r\n"
    assert len(script.requests_to(DOCUMENT)) == 2


def test_a_storage_that_goes_on_refusing_is_unavailable(amazon: Amazon, script: Script) -> None:
    storage(script, b"", "text/plain")
    script.reply_to("/storage", Reply(403, b"<Error/>", {"content-type": "application/xml"}))

    with pytest.raises(Unavailable):
        amazon.report_document(DONE)

    assert len(script.requests_to(DOCUMENT)) == 2


def test_a_damaged_document_is_no_report(amazon: Amazon, script: Script) -> None:
    storage(script, b"x" * 5000, "text/plain")
    script.reply_to("/storage", Reply(200, gzip.compress(b"x" * 5000)[:-9], {"content-type": "text/plain"}))

    with pytest.raises(InvalidResponse, match="cannot be read"):
        amazon.report_document(DONE)


@pytest.mark.parametrize("answer", [{}, {"reportId": "8", "reportType": TYPE, "createdTime": "2026-11-30T00:00:00Z"}])
def test_a_report_that_is_not_the_one_requested_is_refused(
    amazon: Amazon, script: Script, answer: dict[str, object]
) -> None:
    script.reply_to(f"{REPORTS}/9", json_reply(answer | {"processingStatus": "DONE"}))

    with pytest.raises(InvalidResponse):
        amazon.report("9")


def test_a_report_without_a_document_has_nothing_to_download(amazon: Amazon) -> None:
    with pytest.raises(ResourceNotFound):
        amazon.report_document(Report("9", TYPE, "CANCELLED"))


def test_a_report_in_progress_cannot_be_cancelled(amazon: Amazon, script: Script) -> None:
    script.reply_to(f"{REPORTS}/9", error_reply(400, "InvalidInput", "Report 9 is IN_PROGRESS."))

    with pytest.raises(InvalidRequest, match="IN_PROGRESS"):
        amazon.cancel_report("9")


SCHEDULES = "/reports/2021-06-30/schedules"


def test_a_schedule_is_created_as_the_model_says(amazon: Amazon, script: Script) -> None:
    script.reply_to(SCHEDULES, json_reply({"reportScheduleId": "7"}, 201))
    assert amazon.schedule_report(TYPE, [GERMANY], "P1D", END) == "7"
    assert json.loads(script.requests_to(SCHEDULES)[0].body) == {
        "reportType": TYPE,
        "marketplaceIds": [GERMANY],
        "period": "P1D",
        "nextReportCreationTime": "2026-11-30T00:00:00.000Z",
    }


@pytest.mark.parametrize("body", [{}, {"reportSchedules": {}}, {"reportSchedules": [{"reportScheduleId": "7"}]}])
def test_a_list_of_schedules_of_another_form_is_refused(amazon: Amazon, script: Script, body: dict) -> None:
    script.reply_to(SCHEDULES, json_reply(body))
    with pytest.raises(InvalidResponse):
        amazon.find_report_schedules(TYPE)


def test_a_schedule_that_is_not_the_one_requested_is_refused(amazon: Amazon, script: Script) -> None:
    script.reply_to(f"{SCHEDULES}/7", json_reply({"reportScheduleId": "8", "reportType": TYPE, "period": "P1D"}))
    with pytest.raises(InvalidResponse):
        amazon.report_schedule("7")
