"""Report types, and the processing of reports as time passes."""

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Any

from simulator.operations import order_report, returns
from simulator.state.clock import format_iso, parse_iso
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

# The type of a report and the time by which it selects orders.
ORDER_REPORTS = {
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": "createdTime",
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": "lastUpdatedTime",
}
# Amazon's periods of schedules. A month is the same day of the next one, or its last.
PERIODS = {
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT1H": timedelta(hours=1),
    "PT2H": timedelta(hours=2),
    "PT4H": timedelta(hours=4),
    "PT8H": timedelta(hours=8),
    "PT12H": timedelta(hours=12),
    "P1D": timedelta(days=1),
    "P2D": timedelta(days=2),
    "P3D": timedelta(days=3),
    "PT84H": timedelta(hours=84),
    "P7D": timedelta(days=7),
    "P14D": timedelta(days=14),
    "P15D": timedelta(days=15),
    "P18D": timedelta(days=18),
    "P30D": timedelta(days=30),
    "P1M": None,
}
REPORT_TYPES = (*ORDER_REPORTS, returns.REPORT_TYPE)
MAX_WINDOW, MAX_RETURNS_WINDOW = timedelta(days=30, hours=1), timedelta(days=60, hours=1)
# Faults that are decided when a report is created and take effect when it is processed.
REPORT_FAULTS = ("report_fatal", "report_cancelled")


def advance(world: WorldState) -> None:
    """Move every report as far as the clock says: half its time in the queue, half in progress."""
    now = world.now()
    for schedule in list(world.report_schedules.values()):
        _create_scheduled(world, schedule, now)
    for report in list(world.reports.values()):
        if report["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
            continue
        age = (now - parse_iso(report["createdTime"])).total_seconds()
        if age >= report["seconds"]:
            process(world, report)
        elif age >= report["seconds"] / 2 and report["processingStatus"] == "IN_QUEUE":
            world.save_report({**report, "processingStatus": "IN_PROGRESS", "processingStartTime": format_iso(now)})


def create(world: WorldState, seller: str, region: str, content: dict[str, Any], created: datetime) -> dict[str, Any]:
    """Put a report into the queue; return it."""
    report = {
        "reportId": str(60_000_000_000 + world.next_serial("report")),
        **content,
        "createdTime": format_iso(created),
        "processingStatus": "IN_QUEUE",
        "seller": seller,
        "region": region,
        "seconds": world.report_seconds,
        "fault": next((name for name in REPORT_FAULTS if world.faults.trigger("createReport", name=name)), None),
    }
    world.save_report(report)
    return report


def add_period(at: datetime, period: str) -> datetime:
    step = PERIODS[period]
    if step is not None:
        return at + step
    year, month = divmod(at.year * 12 + at.month, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def _create_scheduled(world: WorldState, schedule: dict[str, Any], now: datetime) -> None:
    """Create the reports of a schedule that are due, each about the time since the one before."""
    while schedule["isActive"] and parse_iso(schedule["nextReportCreationTime"]) <= now:
        due = parse_iso(schedule["nextReportCreationTime"])
        content = {
            "reportType": schedule["reportType"],
            "marketplaceIds": schedule["marketplaceIds"],
            "dataStartTime": schedule["previous"],
            "dataEndTime": schedule["nextReportCreationTime"],
            "reportScheduleId": schedule["reportScheduleId"],
        }
        create(world, schedule["seller"], schedule["region"], content, due)
        following = format_iso(add_period(due, schedule["period"]))
        schedule = {
            **schedule,
            "previous": schedule["nextReportCreationTime"],
            "nextReportCreationTime": following,
        }
        world.save_report_schedule(schedule)


def process(world: WorldState, report: dict[str, Any]) -> None:
    """Write the report's document. A report without data is cancelled, one over a longer window is fatal."""
    processed = {**report, "processingEndTime": format_iso(world.now())}
    processed.setdefault("processingStartTime", processed["processingEndTime"])
    window = parse_iso(report["dataEndTime"]) - parse_iso(report["dataStartTime"])
    of_returns = report["reportType"] == returns.REPORT_TYPE
    if report["fault"] == "report_fatal" or window > (MAX_RETURNS_WINDOW if of_returns else MAX_WINDOW):
        world.save_report({**processed, "processingStatus": "FATAL"})
        return
    text = "" if report["fault"] == "report_cancelled" else _format_data(world, report)
    if not text:
        world.save_report({**processed, "processingStatus": "CANCELLED"})
        return
    document_id = _add_document(world, report, text)
    world.save_report({**processed, "processingStatus": "DONE", "reportDocumentId": document_id})


def _format_data(world: WorldState, report: dict[str, Any]) -> str:
    """Return the file of a report, empty if there is no data."""
    if report["reportType"] == returns.REPORT_TYPE:
        entries = returns.select(world, report)
        return returns.format_report(world, entries) if entries else ""
    orders = select_orders(world, report)
    return order_report.format_lines(orders) if orders else ""


def select_orders(world: WorldState, report: dict[str, Any]) -> list[OrderRecord]:
    """Return the orders of a report. Those that changed within the last `report_lag` seconds are not in it yet."""
    time_field = ORDER_REPORTS[report["reportType"]]
    visible = format_iso(world.now() - timedelta(seconds=world.report_lag))
    orders = [
        order
        for order in world.orders.values()
        if order.seller_id == report["seller"]
        and order.body["salesChannel"].get("marketplaceId") in report["marketplaceIds"]
        and report["dataStartTime"] <= order.body[time_field] <= report["dataEndTime"]
        and order.body["lastUpdatedTime"] <= visible
    ]
    return sorted(orders, key=lambda order: (order.body[time_field], order.id))


def _add_document(world: WorldState, report: dict[str, Any], text: str) -> str:
    document_id = f"amzn1.spdoc.1.4.{report['region'].lower()}.{world.next_serial('document'):012d}"
    codec, charset = {"EU": ("cp1252", "Cp1252"), "FE": ("cp932", "Shift_JIS")}.get(
        report["region"], ("utf-8", "UTF-8")
    )
    # Latin-1 keeps every byte, whatever the encoding of the document. What the encoding lacks becomes a question mark.
    content = {"contentType": f"text/plain; charset={charset}", "text": text.encode(codec, "replace").decode("latin-1")}
    world.save_document(document_id, {"seller": report["seller"], **content, "gzip": True})
    return document_id
