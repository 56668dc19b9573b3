"""`channeldesk shipments import FILE`: ship orders with the tracking numbers of files."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.orm import Session

from webapp.cli.base import Group, data_dir_option, json_option, open_app, show
from webapp.domain.errors import InvalidError
from webapp.domain.shipping.tracking import text as tracking_text
from webapp.domain.shipping.tracking.matching import Choice
from webapp.messages import text_for

if TYPE_CHECKING:
    from webapp.domain.shipping.tracking.matching import Match
    from webapp.domain.shipping.tracking.parser import ParsedSheet


_STATES = ("done", "failed", "ready", "choose", "confirm", "already", "blocked", "left_out")
_WHY_UNUSED = {"return": "return labels", "suspicious": "looks like tracking numbers"}


@click.group(cls=Group)
def shipments() -> None:
    """Ship orders with tracking numbers from files."""


@shipments.command("import")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--shared-parcels", is_flag=True, help="Orders with the same tracking number are in one parcel.")
@click.option("--no-undo", is_flag=True, help="Send it at once, without an undo window.")
@data_dir_option
@json_option
def import_sheets(
    files: tuple[Path, ...],
    dry_run: bool,
    shared_parcels: bool,
    no_undo: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Ship what is ready in CSV, TSV or text files (not standard input), and print the result of each line."""
    from webapp.core.extensions import db, settings
    from webapp.queries.shipping import tracking_import as queries
    from webapp.services.shipping import tracking_import

    texts = [(path.name, _read_text(path)) for path in files]
    with open_app(data_dir):
        session, now = db.session(), datetime.now(UTC)
        sheets = tracking_import.parse_sheets(session, texts)
        stored = tracking_import.create(session, sheets, now=now, actor="cli")
        rows = queries.list_rows(session, stored.id)
        matches = queries.evaluate(session, rows, now)
        if shared_parcels:
            row_ids = [row.id for row, match in zip(rows, matches, strict=True) if match.asks_shared]
            tracking_import.update_rows(session, stored.id, dict.fromkeys(row_ids, Choice(shared=True)))
            matches = queries.evaluate(session, queries.list_rows(session, stored.id), now)
        outcomes: dict[int, dict[str, Any]] = {}
        if not dry_run and any(match.goes for match in matches):
            undo_seconds = 0 if no_undo else settings().undo_seconds
            outcomes = _ship(session, stored.id, undo_seconds=undo_seconds, now=now)
        names = [sheet.name for sheet in sheets for _ in sheet.lines]
        lines = [{"file": name} | _serialize_line(match, outcomes) for name, match in zip(names, matches, strict=True)]
        summary = {"dry_run": dry_run, "lines": lines, "files": [_serialize_sheet(sheet) for sheet in sheets]}
        show(summary | _count_states(lines), as_json, _format_result)


def _read_text(path: Path) -> str:
    if path.stat().st_size > tracking_text.MAX_FILE_BYTES:
        raise InvalidError("sheet_too_large", name=path.name, most=tracking_text.MAX_FILE_BYTES // 1024 // 1024)
    return tracking_text.decode_file(path.name, path.read_bytes())


def _ship(session: Session, import_id: int, *, undo_seconds: int, now: datetime) -> dict[int, dict[str, Any]]:
    """Run the bulk action; return {order id: result}. A worker may process rows at the same time."""
    from webapp.queries import bulk_actions as queries
    from webapp.services.bulk import runner as bulk_runner
    from webapp.services.shipping import tracking_import

    action_id = tracking_import.confirm(session, import_id, undo_seconds=undo_seconds, now=now, actor="cli").id
    while bulk_runner.process_rows(session, action_id, lambda: datetime.now(UTC)):
        pass
    return {
        row.subject_id: {"state": row.state, "words": text_for(row.outcome or "", row.outcome_args)}
        for rows in queries.iterate_rows(session, action_id, "")
        for row in rows
    }


def _serialize_line(match: "Match", outcomes: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Return a line for JSON. `state`: ready, choose, already, blocked; after shipping done or failed."""
    outcome = outcomes.get(match.order.id) if match.order and match.goes else None
    return {
        "line": match.line.place,
        "order_number": match.order.number if match.order else match.line.order or None,
        "tracking_number": match.line.tracking_number or match.line.written or None,
        "carrier": match.title or match.line.carrier or None,
        "late": match.late,
        "state": outcome["state"] if outcome else match.standing,
        "message": outcome["words"] if outcome else text_for(match.code, match.args) if match.code else None,
        "remark": text_for(match.line.remark) if match.line.remark else None,
    }


def _serialize_sheet(sheet: "ParsedSheet") -> dict[str, Any]:
    """Serialize a parsed file. Every line is an entry of `lines` or a heading."""
    return {
        "file": sheet.name,
        "lines_read": sheet.read,
        "lines_explained": sheet.explained,
        "heading_lines": sheet.headings,
        "columns": sheet.columns,
        "unused_columns": [{"column": column, "why": why or None} for column, why in sheet.unused],
    }


def _count_states(lines: Sequence[dict[str, Any]]) -> dict[str, int]:
    states = [line["state"] for line in lines]
    return {state: states.count(state) for state in _STATES}


def _format_result(summary: dict[str, Any]) -> Iterator[str]:
    several = len({line["file"] for line in summary["lines"]}) > 1
    for line in summary["lines"]:
        where = f"{line['file']}:{line['line']}" if several else line["line"]
        cells = f"{line['order_number'] or '-'}  {line['tracking_number'] or '-'}  {line['carrier'] or '-'}"
        yield f"{where}: {cells}  {line['state']}" + "".join(
            f": {words}" for words in (line["message"], line["remark"]) if words
        )
    for file in summary["files"]:
        name = f"{file['file']}: " if several else ""
        lines = f"{file['lines_read']} lines read, {file['lines_explained']} explained"
        lines += f", headings: {file['heading_lines']}" if file["heading_lines"] else ""
        unused = ", ".join(
            column["column"] + (f" ({_WHY_UNUSED[column['why']]})" if column["why"] else "")
            for column in file["unused_columns"]
        )
        yield name + lines + (f"; columns not used: {unused}" if unused else "")
    yield ", ".join(f"{summary[state]} {state}" for state in _STATES if summary[state])
