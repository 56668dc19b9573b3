"""Tracking import: parse pasted or uploaded tracking numbers, let a user review them, then ship the orders."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.db.bulk_write import insert_many
from webapp.db.engine import read_only
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.domain.shipping.carriers import BY_KEY
from webapp.domain.shipping.parcels import LONGEST_METHOD
from webapp.domain.shipping.tracking import matching as tracking_matching
from webapp.domain.shipping.tracking import parser as tracking_parser
from webapp.domain.shipping.tracking.matching import Choice
from webapp.domain.shipping.tracking.parser import ParsedSheet
from webapp.models.bulk_actions import BulkAction
from webapp.models.tracking_imports import TrackingImport, TrackingRow
from webapp.queries.shipping import tracking_import as queries
from webapp.services import audit_log
from webapp.services.bulk import runner as bulk_runner
from webapp.services.bulk import shipping as bulk_shipping

# Imports older than this are deleted, confirmed or not.
LIFETIME = timedelta(days=30)


def parse_sheets(session: Session, texts: Sequence[tuple[str, str]]) -> list[ParsedSheet]:
    """Parse texts, given as (name, text). Raises InvalidError for the first that cannot be parsed."""
    month_first = queries.is_month_first(session)
    sheets = [
        tracking_parser.read(
            text, lambda words: queries.filter_order_numbers(session, words), name=name, month_first=month_first
        )
        for name, text in texts
    ]
    total = sum(len(sheet.lines) for sheet in sheets)
    if total > tracking_parser.MOST_LINES:
        most = tracking_parser.MOST_LINES
        raise InvalidError("sheet_too_long", field="text", name="", lines=total, most=most)
    return sheets


def create(session: Session, sheets: Sequence[ParsedSheet], *, now: datetime, actor: str) -> TrackingImport:
    """Store parsed sheets for review. Commits."""
    lines = [line for sheet in sheets for line in sheet.lines]
    sources = [[sheet.name, sheet.columns, len(sheet.lines), _parse_summary(sheet)] for sheet in sheets]
    tracking_import = TrackingImport(
        created_at=now, actor=actor, total=sum(sheet.read for sheet in sheets), sources=sources
    )
    session.add(tracking_import)
    session.flush()
    rows = [
        {
            "import_id": tracking_import.id,
            "position": row_number,
            "parsed": asdict(line),
            "carrier": "",
            "selected": True,
        }
        for row_number, line in enumerate(lines, 1)
    ]
    insert_many(session, TrackingRow, rows)
    session.commit()
    return tracking_import


def _parse_summary(sheet: ParsedSheet) -> dict[str, Any]:
    """Return the summary of a parsed text, for display."""
    counts = {"read": sheet.read, "explained": sheet.explained, "headings": sheet.headings}
    return counts | {"unused": [list(column) for column in sheet.unused]}


def update_rows(session: Session, import_id: int, choices: Mapping[int, Choice]) -> None:
    """Store the user's choices for these rows, by their id. Commits. Raises RefusedError once it is confirmed."""
    _load_unconfirmed(session, import_id)
    rows = select(TrackingRow).where(TrackingRow.import_id == import_id, TrackingRow.id.in_(choices))
    for row in session.scalars(rows):
        choice = choices[row.id]
        row.selected, row.shared = choice.selected, choice.shared
        row.carrier = choice.carrier if choice.carrier in BY_KEY else ""
        row.confirmed = choice.confirmed
    session.commit()


def confirm(
    session: Session, import_id: int, *, shipping_method: str = "", undo_seconds: int, now: datetime, actor: str
) -> BulkAction:
    """Ship every row that is ready and selected. Commits; the caller enqueues `run_bulk_action`.

    `shipping_method`: the carrier's service for rows that name none; else that of the order.
    A second confirmation, even at the same moment, returns the bulk action of the first.
    Raises NotFoundError, and InvalidError if no row is ready.
    """
    tracking_import = session.get(TrackingImport, import_id, with_for_update=True, populate_existing=True)
    if tracking_import is None:
        session.rollback()
        raise NotFoundError("tracking_import_unknown", name=import_id)
    if tracking_import.confirmed_at is not None:
        action = session.get(BulkAction, tracking_import.bulk_action_id or 0)
        session.rollback()
        if action is None:
            raise RefusedError("tracking_confirmed_already")
        return action
    if len(shipping_method) > LONGEST_METHOD:
        session.rollback()
        raise InvalidError("text_too_long", field="shipping_method", most=LONGEST_METHOD)
    matches = queries.evaluate(session, queries.list_rows(session, import_id), now)
    ship_dates = tracking_matching.collect_ship_dates(matches)
    rows: list[bulk_runner.RowSpec] = [
        (
            order_id,
            {
                "parcels": [
                    asdict(replace(parcel, shipping_method=parcel.shipping_method or shipping_method))
                    for parcel in parcels
                ],
                "shipped_on": ship_dates.get(order_id, ""),
            },
        )
        for order_id, parcels in tracking_matching.group_shipments(matches).items()
    ]
    if not rows:
        session.rollback()
        raise InvalidError("tracking_nothing_ready")
    tracking_import.confirmed_at = now
    action = bulk_runner.add(
        session, bulk_shipping.SHIP.name, rows, {"undo_seconds": undo_seconds}, now=now, actor=actor
    )
    tracking_import.bulk_action_id = action.id
    event_args = {"bulk": action.id, "lines": tracking_import.total, "orders": len(rows)}
    audit_log.record(session, "tracking_confirmed", now=now, actor=actor, args=event_args)
    session.commit()
    return action


def delete_old(session: Session, *, now: datetime) -> None:
    """Delete imports older than LIFETIME. Rolls back first; commits if there are any."""
    old = select(TrackingImport.id).where(TrackingImport.created_at < now - LIFETIME)
    session.rollback()
    with read_only():
        has_old = session.scalar(old.limit(1)) is not None
        session.rollback()
    if has_old:
        session.execute(delete(TrackingRow).where(TrackingRow.import_id.in_(old)))
        session.execute(delete(TrackingImport).where(TrackingImport.id.in_(old)))
        session.commit()


def _load_unconfirmed(session: Session, import_id: int) -> TrackingImport:
    tracking_import = session.get(TrackingImport, import_id, with_for_update=True, populate_existing=True)
    if tracking_import is None or tracking_import.confirmed_at is not None:
        session.rollback()
        if tracking_import is None:
            raise NotFoundError("tracking_import_unknown", name=import_id)
        raise RefusedError("tracking_confirmed_already")
    return tracking_import
