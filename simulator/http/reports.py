"""Reports 2021-06-30: reports, their documents, and report schedules."""

from typing import Any

from flask import Blueprint, Response, request

from simulator.http import processing_lists
from simulator.http.dispatch import operation
from simulator.http.documents import signed_url
from simulator.http.parameters import check_marketplaces, parse_list
from simulator.http.responses import json_response
from simulator.operations import reports
from simulator.operations.errors import invalid_input, not_found
from simulator.operations.reports import PERIODS, REPORT_TYPES
from simulator.operations.world import World
from simulator.state.clock import format_iso, parse_iso
from simulator.state.sellers import Seller

routes = Blueprint("reports", __name__, url_prefix="/reports/2021-06-30")

# The fields that Amazon shows; a report is stored with others.
PUBLIC_FIELDS = (
    "reportId",
    "reportType",
    "marketplaceIds",
    "dataStartTime",
    "dataEndTime",
    "createdTime",
    "processingStatus",
    "processingStartTime",
    "processingEndTime",
    "reportDocumentId",
    "reportScheduleId",
)
SCHEDULE_FIELDS = ("reportScheduleId", "reportType", "marketplaceIds", "period", "nextReportCreationTime")


@routes.post("/reports")
@operation("createReport")
def create_report(world: World, seller: Seller) -> Response:
    content, report_type, marketplaces = _parse_body(seller)
    now = format_iso(world.now())
    start, end = (_parse_bound(content, name, now) for name in ("dataStartTime", "dataEndTime"))
    if start > end:
        raise invalid_input("dataStartTime must not be after dataEndTime.")
    fields = {
        "reportType": report_type,
        "marketplaceIds": marketplaces,
        "dataStartTime": start,
        "dataEndTime": end,
    }
    report = reports.create(world, seller.id, seller.region, fields, world.clock.now())
    return json_response({"reportId": report["reportId"]}, 202)


@routes.get("/reports")
@operation("getReports")
def get_reports(world: World, seller: Seller) -> Response:
    return processing_lists.list_page(world, seller, "report", world.reports, PUBLIC_FIELDS)


@routes.get("/reports/<report_id>")
@operation("getReport")
def get_report(world: World, seller: Seller, report_id: str) -> Response:
    return json_response(processing_lists.select_fields(find_report(world, seller, report_id), PUBLIC_FIELDS))


@routes.delete("/reports/<report_id>")
@operation("cancelReport")
def cancel_report(world: World, seller: Seller, report_id: str) -> Response:
    report = find_report(world, seller, report_id)
    if report["processingStatus"] != "IN_QUEUE":
        raise invalid_input(f"Report {report_id} is {report['processingStatus']} and cannot be cancelled.")
    now = format_iso(world.next_timestamp())
    world.save_report({**report, "processingStatus": "CANCELLED", "processingEndTime": now})
    return Response(status=200)


@routes.get("/documents/<document_id>")
@operation("getReportDocument")
def get_report_document(world: World, seller: Seller, document_id: str) -> Response:
    document = world.documents.get(document_id)
    if document is None or document["seller"] != seller.id:
        raise not_found(f"Report document {document_id} was not found.")
    content = {"reportDocumentId": document_id, "url": signed_url(world, document_id, "GET")}
    if document.get("gzip"):
        content["compressionAlgorithm"] = "GZIP"
    return json_response(content)


@routes.post("/schedules")
@operation("createReportSchedule")
def create_report_schedule(world: World, seller: Seller) -> Response:
    """Replace the seller's schedule of the same type and marketplaces."""
    content, report_type, marketplaces = _parse_body(seller)
    period = content.get("period")
    if period not in PERIODS:
        raise invalid_input(f"Value '{period}' at 'period' failed to satisfy constraint")
    now = world.now()
    try:
        next_time = parse_iso(str(content.get("nextReportCreationTime") or format_iso(reports.add_period(now, period))))
    except (ValueError, OverflowError) as error:
        raise invalid_input("'nextReportCreationTime' is invalid: it must be a date in ISO 8601 format") from error
    for schedule in _list_schedules(world, seller, frozenset((report_type,))):
        if set(schedule["marketplaceIds"]) == set(marketplaces):
            world.save_report_schedule({**schedule, "isActive": False})
    schedule = {
        "reportScheduleId": str(70_000_000_000 + world.next_serial("report_schedule")),
        "reportType": report_type,
        "marketplaceIds": marketplaces,
        "period": period,
        "nextReportCreationTime": format_iso(next_time),
        "previous": format_iso(now),
        "isActive": True,
        "seller": seller.id,
        "region": seller.region,
    }
    world.save_report_schedule(schedule)
    return json_response({"reportScheduleId": schedule["reportScheduleId"]}, 201)


@routes.get("/schedules")
@operation("getReportSchedules")
def get_report_schedules(world: World, seller: Seller) -> Response:
    types = parse_list("reportTypes")
    if not 1 <= len(types) <= 10:
        raise invalid_input("reportTypes must have between 1 and 10 members.")
    schedules = [processing_lists.select_fields(row, SCHEDULE_FIELDS) for row in _list_schedules(world, seller, types)]
    return json_response({"reportSchedules": schedules})


@routes.get("/schedules/<schedule_id>")
@operation("getReportSchedule")
def get_report_schedule(world: World, seller: Seller, schedule_id: str) -> Response:
    return json_response(processing_lists.select_fields(_find_schedule(world, seller, schedule_id), SCHEDULE_FIELDS))


@routes.delete("/schedules/<schedule_id>")
@operation("cancelReportSchedule")
def cancel_report_schedule(world: World, seller: Seller, schedule_id: str) -> Response:
    world.save_report_schedule({**_find_schedule(world, seller, schedule_id), "isActive": False})
    return Response(status=200)


def _list_schedules(world: World, seller: Seller, types: frozenset[str]) -> list[dict[str, Any]]:
    return [
        row
        for row in world.report_schedules.values()
        if row["isActive"] and row["seller"] == seller.id and row["reportType"] in types
    ]


def _find_schedule(world: World, seller: Seller, schedule_id: str) -> dict[str, Any]:
    schedule = world.report_schedules.get(schedule_id)
    if schedule is None or schedule["seller"] != seller.id or not schedule["isActive"]:
        raise not_found(f"Report schedule {schedule_id} was not found.")
    return schedule


def _parse_body(seller: Seller) -> tuple[dict[str, Any], str, list[str]]:
    """Return the body with its report type and marketplaces. Raises ApiError."""
    content = request.get_json(silent=True)
    if not isinstance(content, dict):
        raise invalid_input("Invalid request body.")
    report_type, marketplaces = content.get("reportType"), content.get("marketplaceIds")
    if report_type not in REPORT_TYPES:
        raise invalid_input(f"Report type {report_type} is invalid or not supported.")
    if not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= 25:
        raise invalid_input("marketplaceIds must have between 1 and 25 members.")
    check_marketplaces(seller, frozenset(str(marketplace) for marketplace in marketplaces))
    return content, report_type, marketplaces


def find_report(world: World, seller: Seller, report_id: str) -> dict[str, Any]:
    report = world.reports.get(report_id)
    if report is None or report["seller"] != seller.id:
        raise not_found(f"Report {report_id} was not found.")
    return report


def _parse_bound(content: dict[str, Any], name: str, now: str) -> str:
    """Return the time of the body, or now where it has none. Raises ApiError for one in the future."""
    if content.get(name) is None:
        return now
    try:
        bound = format_iso(parse_iso(str(content[name])))
    except (ValueError, OverflowError) as error:
        raise invalid_input(f"'{name}' is invalid: it must be a date in ISO 8601 format") from error
    if bound > now:
        raise invalid_input(f"'{name}' must be prior to or equal to the current date and time.")
    return bound
