"""Reports 2021-06-30: createReport, getReport, getReports, cancelReport and getReportDocument."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from simulator.http import signed_tokens
from simulator.http.dispatch import operation
from simulator.http.documents import signed_url
from simulator.http.parameters import check_marketplaces, parse_integer, parse_list, parse_time
from simulator.http.responses import json_response
from simulator.operations.errors import invalid_input, not_found
from simulator.operations.reports import REPORT_FAULTS, REPORT_TYPES
from simulator.operations.world import World
from simulator.state.clock import format_iso, parse_iso
from simulator.state.sellers import Seller

routes = Blueprint("reports", __name__, url_prefix="/reports/2021-06-30")

STATUSES = frozenset(("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"))
MAX_AGE_DAYS = 90
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
)


@routes.post("/reports")
@operation("createReport")
def create_report(world: World, seller: Seller) -> Response:
    content = request.get_json(silent=True)
    if not isinstance(content, dict):
        raise invalid_input("Invalid request body.")
    report_type, marketplaces = content.get("reportType"), content.get("marketplaceIds")
    if report_type not in REPORT_TYPES:
        raise invalid_input(f"Report type {report_type} is invalid or not supported.")
    if not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= 25:
        raise invalid_input("marketplaceIds must have between 1 and 25 members.")
    check_marketplaces(seller, frozenset(str(marketplace) for marketplace in marketplaces))
    now = format_iso(world.now())
    start, end = (_parse_bound(content, name, now) for name in ("dataStartTime", "dataEndTime"))
    if start > end:
        raise invalid_input("dataStartTime must not be after dataEndTime.")
    report = {
        "reportId": str(60_000_000_000 + world.next_serial("report")),
        "reportType": report_type,
        "marketplaceIds": marketplaces,
        "dataStartTime": start,
        "dataEndTime": end,
        "createdTime": format_iso(world.clock.now()),
        "processingStatus": "IN_QUEUE",
        "seller": seller.id,
        "region": seller.region,
        "seconds": world.report_seconds,
        "fault": next((name for name in REPORT_FAULTS if world.faults.trigger("createReport", name=name)), None),
    }
    world.save_report(report)
    return json_response({"reportId": report["reportId"]}, 202)


@routes.get("/reports")
@operation("getReports")
def get_reports(world: World, seller: Seller) -> Response:
    token = request.args.get("nextToken")
    if token is not None:
        content = signed_tokens.verify(token)
        if len(request.args) > 1 or content is None or content.get("reports_of") != seller.id:
            raise invalid_input("nextToken is invalid, or was sent with other parameters.")
        report_ids, size = content["ids"], content["size"]
    else:
        report_ids, size = find_reports(world, seller), parse_integer("pageSize", 10, 1, 100)
    page: dict[str, Any] = {"reports": [public_fields(world.reports[report_id]) for report_id in report_ids[:size]]}
    if len(report_ids) > size:
        page["nextToken"] = signed_tokens.sign({"reports_of": seller.id, "ids": report_ids[size:], "size": size})
    return json_response(page)


@routes.get("/reports/<report_id>")
@operation("getReport")
def get_report(world: World, seller: Seller, report_id: str) -> Response:
    return json_response(public_fields(find_report(world, seller, report_id)))


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


def public_fields(report: dict[str, Any]) -> dict[str, Any]:
    return {name: report[name] for name in PUBLIC_FIELDS if name in report}


def find_report(world: World, seller: Seller, report_id: str) -> dict[str, Any]:
    report = world.reports.get(report_id)
    if report is None or report["seller"] != seller.id:
        raise not_found(f"Report {report_id} was not found.")
    return report


def find_reports(world: World, seller: Seller) -> list[str]:
    """Return the ids of the reports that match the filters, the newest first."""
    types = parse_list("reportTypes")
    if not 1 <= len(types) <= 10:
        raise invalid_input("Either reportTypes or nextToken is required.")
    statuses, marketplaces = parse_list("processingStatuses", STATUSES), parse_list("marketplaceIds")
    since = parse_time("createdSince") or format_iso(world.now() - timedelta(days=MAX_AGE_DAYS))
    until = parse_time("createdUntil") or format_iso(world.now())
    return [
        report["reportId"]
        for report in reversed(world.reports.values())
        if report["seller"] == seller.id
        and report["reportType"] in types
        and since <= report["createdTime"] <= until
        and (not statuses or report["processingStatus"] in statuses)
        and (not marketplaces or marketplaces & set(report["marketplaceIds"]))
    ]


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
