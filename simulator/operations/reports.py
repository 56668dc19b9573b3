"""Report types, and the processing of reports as time passes."""

from datetime import timedelta
from typing import Any

from simulator.operations import order_report
from simulator.state.clock import format_iso, parse_iso
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

# The type of a report and the time by which it selects orders.
REPORT_TYPES = {
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": "createdTime",
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": "lastUpdatedTime",
}
MAX_WINDOW = timedelta(days=30, hours=1)
# Faults that are decided when a report is created and take effect when it is processed.
REPORT_FAULTS = ("report_fatal", "report_cancelled")


def advance(world: WorldState) -> None:
    """Move every report as far as the clock says: half its time in the queue, half in progress."""
    now = world.now()
    for report in list(world.reports.values()):
        if report["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
            continue
        age = (now - parse_iso(report["createdTime"])).total_seconds()
        if age >= report["seconds"]:
            process(world, report)
        elif age >= report["seconds"] / 2 and report["processingStatus"] == "IN_QUEUE":
            world.save_report({**report, "processingStatus": "IN_PROGRESS", "processingStartTime": format_iso(now)})


def process(world: WorldState, report: dict[str, Any]) -> None:
    """Write the report's document. A report without data is cancelled, one over a longer window is fatal."""
    processed = {**report, "processingEndTime": format_iso(world.now())}
    processed.setdefault("processingStartTime", processed["processingEndTime"])
    window = parse_iso(report["dataEndTime"]) - parse_iso(report["dataStartTime"])
    if report["fault"] == "report_fatal" or window > MAX_WINDOW:
        world.save_report({**processed, "processingStatus": "FATAL"})
        return
    orders = [] if report["fault"] == "report_cancelled" else select_orders(world, report)
    if not orders:
        world.save_report({**processed, "processingStatus": "CANCELLED"})
        return
    document_id = _add_document(world, report, order_report.format_lines(orders))
    world.save_report({**processed, "processingStatus": "DONE", "reportDocumentId": document_id})


def select_orders(world: WorldState, report: dict[str, Any]) -> list[OrderRecord]:
    """Return the orders of a report. Those that changed within the last `report_lag` seconds are not in it yet."""
    time_field = REPORT_TYPES[report["reportType"]]
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
