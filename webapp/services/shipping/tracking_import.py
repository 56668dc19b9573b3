"""Shipping what a sheet of tracking numbers says: keep it, let a person look and choose, then ship it in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.db.bulk_write import insert_many
from webapp.db.engine import read_only
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.domain.shipping import tracking_matching, tracking_parser
from webapp.domain.shipping.carriers import BY_KEY
from webapp.domain.shipping.tracking_matching import Choice
from webapp.domain.shipping.tracking_parser import ParsedSheet
from webapp.models.bulk_actions import BulkAction
from webapp.models.tracking_imports import TrackingImport, TrackingRow
from webapp.queries.shipping import tracking_import as queries
from webapp.services import audit_log
from webapp.services.bulk import runner as bulk_runner
from webapp.services.bulk import shipping as bulk_shipping

# What nobody confirmed, and what was shipped long ago, need not be kept.
KEPT = timedelta(days=30)


def read(session: Session, texts: Sequence[tuple[str, str]]) -> list[ParsedSheet]:
    """The sheets of these texts, given as (name, text). Raises InvalidError for the first that cannot be read."""
    month_first = queries.is_month_first(session)
    sheets = [
        tracking_parser.read(
            text, lambda words: queries.known_numbers(session, words), name=name, month_first=month_first
        )
        for name, text in texts
    ]
    total = sum(len(sheet.lines) for sheet in sheets)
    if total > tracking_parser.MOST_LINES:
        most = tracking_parser.MOST_LINES
        raise InvalidError("sheet_too_long", field="text", name="", lines=total, most=most)
    return sheets


def keep(session: Session, sheets: Sequence[ParsedSheet], *, now: datetime, actor: str) -> TrackingImport:
    """Keep what was read for a person to look at. Commits."""
    lines = [line for sheet in sheets for line in sheet.lines]
    sources = [[sheet.name, sheet.columns, len(sheet.lines), _account(sheet)] for sheet in sheets]
    kept = TrackingImport(created_at=now, actor=actor, total=sum(sheet.read for sheet in sheets), sources=sources)
    session.add(kept)
    session.flush()
    rows = [
        {"import_id": kept.id, "position": place, "parsed": asdict(line), "carrier": "", "selected": True}
        for place, line in enumerate(lines, 1)
    ]
    insert_many(session, TrackingRow, rows)
    session.commit()
    return kept


def _account(sheet: ParsedSheet) -> dict[str, Any]:
    """What a person is told of how a text was read."""
    counts = {"read": sheet.read, "explained": sheet.explained, "headings": sheet.headings}
    return counts | {"unused": [list(column) for column in sheet.unused]}


def choose(session: Session, import_id: int, choices: Mapping[int, Choice]) -> None:
    """Note what a person said of these rows, by their id. Commits. Raises RefusedError once it is confirmed."""
    _open(session, import_id)
    mine = select(TrackingRow).where(TrackingRow.import_id == import_id, TrackingRow.id.in_(choices))
    for row in session.scalars(mine):
        choice = choices[row.id]
        row.selected, row.shared = choice.selected, choice.shared
        row.carrier = choice.carrier if choice.carrier in BY_KEY else ""
        row.confirmed = choice.confirmed
    session.commit()


def confirm(session: Session, import_id: int, *, undo_seconds: int, now: datetime, actor: str) -> BulkAction:
    """Ship every row that is ready and ticked. Commits; the caller rings `run_bulk_action`.

    Confirmed twice, also at the same moment, it is shipped once: the second finds the bulk action of the first.
    Raises NotFoundError, InvalidError where no row is ready.
    """
    kept = session.get(TrackingImport, import_id, with_for_update=True, populate_existing=True)
    if kept is None:
        session.rollback()
        raise NotFoundError("tracking_import_unknown", name=import_id)
    if kept.confirmed_at is not None:
        action = session.get(BulkAction, kept.bulk_action_id or 0)
        session.rollback()
        if action is None:
            raise RefusedError("tracking_confirmed_already")
        return action
    found = queries.evaluate(session, queries.rows(session, import_id), now)
    days = tracking_matching.shipped_on(found)
    rows: list[bulk_runner.Row] = [
        (order_id, {"parcels": [asdict(parcel) for parcel in packed], "shipped_on": days.get(order_id, "")})
        for order_id, packed in tracking_matching.shipments(found).items()
    ]
    if not rows:
        session.rollback()
        raise InvalidError("tracking_nothing_ready")
    kept.confirmed_at = now
    action = bulk_runner.add(
        session, bulk_shipping.KIND.name, rows, {"undo_seconds": undo_seconds}, now=now, actor=actor
    )
    kept.bulk_action_id = action.id
    about = {"bulk": action.id, "lines": kept.total, "orders": len(rows)}
    audit_log.record(session, "tracking_confirmed", now=now, actor=actor, args=about)
    session.commit()
    return action


def purge(session: Session, *, now: datetime) -> None:
    """Take away what was pasted long ago. Rolls back first, commits where there is any."""
    old = select(TrackingImport.id).where(TrackingImport.created_at < now - KEPT)
    session.rollback()
    with read_only():
        any_left = session.scalar(old.limit(1)) is not None
        session.rollback()
    if any_left:
        session.execute(delete(TrackingRow).where(TrackingRow.import_id.in_(old)))
        session.execute(delete(TrackingImport).where(TrackingImport.id.in_(old)))
        session.commit()


def _open(session: Session, import_id: int) -> TrackingImport:
    kept = session.get(TrackingImport, import_id, with_for_update=True, populate_existing=True)
    if kept is None or kept.confirmed_at is not None:
        session.rollback()
        if kept is None:
            raise NotFoundError("tracking_import_unknown", name=import_id)
        raise RefusedError("tracking_confirmed_already")
    return kept
