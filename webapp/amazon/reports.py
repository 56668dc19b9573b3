"""Reports API 2021-06-30: request or schedule a report, follow it, and download its document as text."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from webapp.amazon import documents
from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    TEXT,
    MalformedError,
    optional_objects,
    optional_text,
    optional_time,
    optional_word,
    optional_words,
    required_time,
    required_word,
)
from webapp.amazon.orders import check_marketplaces, format_time
from webapp.domain.amazon.errors import InvalidResponse, ResourceNotFound, Unavailable
from webapp.domain.amazon.types import Report, ReportSchedule
from webapp.domain.common import text_decoding

PATH = "/reports/2021-06-30"
SCHEDULES = f"{PATH}/schedules"
# Amazon's names of encodings that are narrower than what its documents contain.
_CODECS = {"shift_jis": "cp932", "shift-jis": "cp932", "iso-8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}


def create(client: Client, report_type: str, marketplace_ids: Sequence[str], start: datetime, end: datetime) -> Report:
    """Request a report about the data between `start` and `end`."""
    body: dict[str, object] = {
        "reportType": report_type,
        "marketplaceIds": check_marketplaces(client.credentials.endpoint, marketplace_ids),
        "dataStartTime": format_time(start),
        "dataEndTime": format_time(end),
    }

    def parse(response: AmazonResponse) -> Report:
        report_id = required_word(response.json(), "reportId")
        return Report(report_id, report_type, "IN_QUEUE", data_start=start, data_end=end)

    return client.call("createReport", "POST", f"{PATH}/reports", parse, body=body)


def find(client: Client, report_type: str, created_since: datetime) -> tuple[Report, ...]:
    """Return all reports of a type created since then, in Amazon's order."""
    params = {"reportTypes": report_type, "createdSince": format_time(created_since), "pageSize": "100"}
    return documents.list_all(client, "getReports", f"{PATH}/reports", _parse_page, params)


def get(client: Client, report_id: str) -> Report:
    """Return one report in its current state."""

    def parse(response: AmazonResponse) -> Report:
        report = _parse_report(response.json(), "")
        if report.report_id != report_id:
            raise MalformedError("it is another report")
        return report

    return client.call("getReport", "GET", _report_path("getReport", report_id), parse)


def cancel(client: Client, report_id: str) -> None:
    """Cancel a report that is still in the queue. Raises InvalidRequest for any other."""
    client.call("cancelReport", "DELETE", _report_path("cancelReport", report_id), lambda _response: None)


def schedule(
    client: Client, report_type: str, marketplace_ids: Sequence[str], period: str, next_at: datetime | None
) -> str:
    """Let Amazon create a report in each period; return the id of the schedule.

    Amazon cancels the schedule that the seller has for the same type and marketplaces, also one of another
    application. `period`: one of Amazon's durations of ISO 8601, such as PT12H or P1D.
    """
    body: dict[str, object] = {
        "reportType": report_type,
        "marketplaceIds": check_marketplaces(client.credentials.endpoint, marketplace_ids),
        "period": period,
    }
    if next_at is not None:
        body["nextReportCreationTime"] = format_time(next_at)

    def parse(response: AmazonResponse) -> str:
        return required_word(response.json(), "reportScheduleId")

    return client.call("createReportSchedule", "POST", SCHEDULES, parse, body=body)


def find_schedules(client: Client, report_types: Sequence[str]) -> tuple[ReportSchedule, ...]:
    """Return the seller's schedules of these types, those of other applications included."""

    def parse(response: AmazonResponse) -> tuple[ReportSchedule, ...]:
        body = response.json()
        if body.get("reportSchedules") is None:
            raise MalformedError("reportSchedules is missing")
        return tuple(_parse_schedule(entry, path) for path, entry in optional_objects(body, "reportSchedules"))

    params = {"reportTypes": ",".join(report_types)}
    return client.call("getReportSchedules", "GET", SCHEDULES, parse, params=params)


def get_schedule(client: Client, schedule_id: str) -> ReportSchedule:
    """Return one schedule. Raises ResourceNotFound for one that was cancelled or replaced."""

    def parse(response: AmazonResponse) -> ReportSchedule:
        schedule = _parse_schedule(response.json(), "")
        if schedule.schedule_id != schedule_id:
            raise MalformedError("it is another schedule")
        return schedule

    return client.call("getReportSchedule", "GET", _schedule_path("getReportSchedule", schedule_id), parse)


def cancel_schedule(client: Client, schedule_id: str) -> None:
    """End a schedule. Raises ResourceNotFound for one that has ended."""
    path = _schedule_path("cancelReportSchedule", schedule_id)
    client.call("cancelReportSchedule", "DELETE", path, lambda _response: None)


def download(client: Client, report: Report) -> str:
    """Return the document of a finished report. Raises ResourceNotFound when Amazon wrote none."""
    if report.document_id is None:
        raise ResourceNotFound(
            f"Amazon wrote no document for report {report.report_id}.", operation="getReportDocument"
        )
    try:
        return _download(client, report.document_id)
    except Unavailable as error:
        if error.status != 403:
            raise
    # The URL has expired, which is valid for five minutes only.
    return _download(client, report.document_id)


def _download(client: Client, document_id: str) -> str:
    path = f"{PATH}/documents/{documents.check_id('getReportDocument', document_id)}"
    url, compression = client.call("getReportDocument", "GET", path, documents.parse_download)

    def receive() -> str:
        try:
            response, document = documents.download(client, url, compression)
        except MalformedError as error:
            raise InvalidResponse(f"Amazon sent a report that cannot be read: {error}.", operation="download") from None
        return decode(document, documents.find_charset(response))

    return client.retry(receive)


def decode(document: bytes, charset: str | None) -> str:
    """Return the text of a document by the charset of its content type, or by its bytes where that does not fit."""
    if charset is not None:
        try:
            return document.decode(_CODECS.get(charset.lower(), charset)).removeprefix("\ufeff")
        except (LookupError, UnicodeDecodeError):
            pass
    try:
        return text_decoding.decode(document).removeprefix("\ufeff")
    except text_decoding.UnknownEncodingError:
        raise InvalidResponse("Amazon sent a report in an unknown encoding.", operation="download") from None


def _report_path(operation: str, report_id: str) -> str:
    return f"{PATH}/reports/{documents.check_id(operation, report_id)}"


def _schedule_path(operation: str, schedule_id: str) -> str:
    return f"{SCHEDULES}/{documents.check_id(operation, schedule_id)}"


def _parse_schedule(raw: Mapping[str, object], path: str) -> ReportSchedule:
    return ReportSchedule(
        schedule_id=required_word(raw, "reportScheduleId", path),
        report_type=required_word(raw, "reportType", path),
        period=required_word(raw, "period", path),
        next_at=optional_time(raw, "nextReportCreationTime", path),
        marketplace_ids=optional_words(raw, "marketplaceIds", path),
    )


def _parse_page(response: AmazonResponse) -> tuple[list[Report], str | None]:
    body = response.json()
    if body.get("reports") is None:
        raise MalformedError("reports is missing")
    reports = [_parse_report(entry, path) for path, entry in optional_objects(body, "reports")]
    return reports, optional_text(body, "nextToken", limit=TEXT * 4)


def _parse_report(raw: Mapping[str, object], path: str) -> Report:
    return Report(
        report_id=required_word(raw, "reportId", path),
        report_type=required_word(raw, "reportType", path),
        status=required_word(raw, "processingStatus", path),
        created_at=required_time(raw, "createdTime", path),
        data_start=optional_time(raw, "dataStartTime", path),
        data_end=optional_time(raw, "dataEndTime", path),
        document_id=optional_word(raw, "reportDocumentId", path),
        marketplace_ids=optional_words(raw, "marketplaceIds", path),
    )
