"""`channeldesk submissions`: list changes sent to Amazon, and process them in the foreground."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, number_type, open_app, show
from webapp.domain.errors import BusyError
from webapp.domain.submissions.state_machine import STATES
from webapp.services.submissions.handlers import NAMES

# Amazon usually shows a package within seconds; the first check is due two seconds after acceptance.
_FIRST_CHECK = timedelta(seconds=5)
_STARTED_AT = datetime.now(UTC)


@click.group(cls=Group)
def submissions() -> None:
    """List changes sent to Amazon, undo, retry and process them."""


@submissions.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that have not ended.")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--kind", type=click.Choice(NAMES), help="Only those of this kind.")
@click.option("--limit", type=number_type, default=100, show_default=True, help="Number of submissions.")
@data_dir_option
@json_option
def list_submissions(
    only_open: bool, state: str | None, kind: str | None, limit: int, data_dir: Path | None, as_json: bool
) -> None:
    """List submissions, the latest first."""
    from webapp.core.extensions import db
    from webapp.queries.submissions import list_latest

    filters: dict[str, Any] = {"open": True} if only_open else {}
    filters |= {name: value for name, value in (("state", state), ("kind", kind)) if value}
    with open_app(data_dir):
        show([_serialize(row) for row in list_latest(db.session(), filters, limit)], as_json, _format_list)


@submissions.command()
@click.argument("account", required=False)
@click.option(
    "--wait", type=click.IntRange(0), default=None, help="Continue for this many seconds, or until all have ended."
)
@data_dir_option
@json_option
def run(account: str | None, wait: int | None, data_dir: Path | None, as_json: bool) -> None:
    """Process the due submissions of ACCOUNT (its name) or of all, then list those that were open before.

    Without --wait, it waits up to 5 seconds to verify what Amazon has just accepted.
    """
    from webapp.core.extensions import db
    from webapp.queries.submissions import find_next_check, list_latest, list_open_ids
    from webapp.services.accounts import accounts

    with open_app(data_dir):
        session = db.session()
        account_id = accounts.find_by_name(session, account).id if account else None
        open_ids = list_open_ids(session, account_id)
        session.rollback()
        _process_until(session, account_id, time.monotonic() + (wait or 0))
        next_check = find_next_check(session, account_id) if wait is None else None
        session.rollback()
        if next_check is not None and next_check - datetime.now(UTC) <= _FIRST_CHECK:
            _process_until(session, account_id, time.monotonic() + _FIRST_CHECK.total_seconds())
        session.expire_all()
        show(
            [_serialize(row) for row in list_latest(session, {"ids": open_ids}, len(open_ids) or 1)],
            as_json,
            _format_list,
        )


@submissions.command()
@click.argument("submission_id", type=number_type, metavar="ID")
@data_dir_option
@json_option
def undo(submission_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Withdraw a submission before it is sent."""
    _apply("undo", submission_id, data_dir, as_json)


@submissions.command()
@click.argument("submission_id", type=number_type, metavar="ID")
@data_dir_option
@json_option
def force(submission_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Send a submission in spite of its conflict."""
    _apply("override_conflict", submission_id, data_dir, as_json)


@submissions.command()
@click.argument("submission_id", type=number_type, metavar="ID")
@data_dir_option
@json_option
def again(submission_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Request again what has ended without success, and print the new submission."""
    _apply("resubmit", submission_id, data_dir, as_json)


@submissions.command()
@click.argument("submission_id", type=number_type, metavar="ID")
@click.argument("happened", type=click.Choice(["refunded", "missed", "resend"]))
@data_dir_option
@json_option
def settle(submission_id: int, happened: str, data_dir: Path | None, as_json: bool) -> None:
    """Resolve an unconfirmed refund with what Seller Central shows: refunded, missed, or missed and to be resent."""
    from webapp.core.extensions import db
    from webapp.queries.submissions import list_latest
    from webapp.services.submissions import refunds

    actions = {"refunded": refunds.mark_refunded, "missed": refunds.mark_not_refunded, "resend": refunds.resend}
    with open_app(data_dir):
        submission = actions[happened](db.session(), submission_id, now=datetime.now(UTC), actor="cli")
        show([_serialize(row) for row in list_latest(db.session(), {"ids": [submission.id]}, 1)], as_json, _format_list)


def _apply(action: str, submission_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Apply a user action to a submission. The scheduler enqueues its job."""
    from webapp.core.extensions import db, settings
    from webapp.queries.submissions import list_latest
    from webapp.services.submissions import user_actions

    with open_app(data_dir):
        arguments: dict[str, Any] = {"now": datetime.now(UTC), "actor": "cli"}
        if action == "resubmit":
            arguments["undo_seconds"] = settings().undo_seconds
        actions: dict[str, Callable[..., Any]] = {
            "undo": user_actions.undo,
            "override_conflict": user_actions.override_conflict,
            "resubmit": user_actions.resubmit,
        }
        submission = actions[action](db.session(), submission_id, **arguments)
        show([_serialize(row) for row in list_latest(db.session(), {"ids": [submission.id]}, 1)], as_json, _format_list)


def _process_until(session: Session, account_id: int | None, deadline: float) -> None:
    """Process submissions as soon as they are due, at least once, until the deadline."""
    from webapp.queries.submissions import find_next_due

    while True:
        due = find_next_due(session, account_id)
        session.rollback()
        now = datetime.now(UTC)
        busy = sum(_process_once(session, id_, deadline) for id_, at in due.items() if at <= now)
        remaining = deadline - time.monotonic()
        if not due or remaining <= 0:
            return
        soonest = (min(due.values()) - now).total_seconds()
        time.sleep(min(max(soonest, 0.5 if busy else 0.05), remaining))


def _process_once(session: Session, account_id: int, deadline: float) -> bool:
    """Process an account once; return True if a worker did so instead. Raises BusyError after the deadline."""
    from webapp.core.extensions import settings
    from webapp.services.accounts import accounts
    from webapp.services.submissions import processor as submission_processor
    from webapp.web.amazon_gateway import open_gateway

    credentials = accounts.get_credentials(accounts.find_by_id(session, account_id))
    session.rollback()
    try:
        with open_gateway(credentials) as gateway:
            submission_processor.run(
                session,
                gateway,
                account_id,
                clock=lambda: datetime.now(UTC),
                feed_interval=settings().feed_interval,
                method=settings().cancel_method,
                started_at=_STARTED_AT,
            )
    except BusyError:
        if time.monotonic() >= deadline:
            raise
        return True
    return False


def _serialize(row: Any) -> dict[str, Any]:
    """Return a row of the list of submissions for JSON."""
    from webapp.messages import text_for

    submission = row.Submission
    return {
        "id": submission.id,
        "kind": submission.kind,
        "amazon_order_number": row.number,
        "account": row.account,
        "state": submission.state,
        "open": submission.open,
        "reason": submission.details.get("reason"),
        "details": submission.details,
        "message": submission.message or (text_for(submission.cause) if submission.cause else None),
        "request_id": submission.request_id,
        "requested_at": format_instant(submission.requested_at),
        "due_at": format_instant(submission.due_at if submission.open else None),
    }


def _format_list(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "There are no such submissions."
    for row in rows:
        message = f"  {row['message']}" if row["message"] else ""
        yield f"{row['id']:>6}  {row['kind']}  {row['amazon_order_number']}  {row['state']}{message}"
