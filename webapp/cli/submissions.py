"""`channeldesk submissions`: list changes sent to Amazon, and process them in the foreground."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from webapp.cli.base import Group, data_dir_option, desk, instant, json_option, number_type, show
from webapp.domain.errors import BusyError
from webapp.domain.submissions.state_machine import STATES
from webapp.services.submissions.handlers import NAMES

# Amazon usually shows a package within seconds; the first check is due two seconds after acceptance.
_FIRST_CHECK = timedelta(seconds=5)


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

    wanted: dict[str, Any] = {"open": True} if only_open else {}
    wanted |= {name: value for name, value in (("state", state), ("kind", kind)) if value}
    with desk(data_dir):
        show([_described(row) for row in list_latest(db.session(), wanted, limit)], as_json, _lines)


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

    with desk(data_dir):
        session = db.session()
        only = accounts.find_by_name(session, account).id if account else None
        begun = list_open_ids(session, only)
        session.rollback()
        _advance_until(session, only, time.monotonic() + (wait or 0))
        check = find_next_check(session, only) if wait is None else None
        session.rollback()
        if check is not None and check - datetime.now(UTC) <= _FIRST_CHECK:
            _advance_until(session, only, time.monotonic() + _FIRST_CHECK.total_seconds())
        session.expire_all()
        show([_described(row) for row in list_latest(session, {"ids": begun}, len(begun) or 1)], as_json, _lines)


@submissions.command()
@click.argument("submission_id", type=number_type, metavar="ID")
@data_dir_option
@json_option
def undo(submission_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Withdraw a submission before it is sent."""
    _decide("undo", submission_id, data_dir, as_json)


@submissions.command()
@click.argument("submission_id", type=number_type, metavar="ID")
@data_dir_option
@json_option
def insist(submission_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Send a submission in spite of its conflict."""
    _decide("insist", submission_id, data_dir, as_json)


@submissions.command()
@click.argument("submission_id", type=number_type, metavar="ID")
@data_dir_option
@json_option
def again(submission_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Request again what has ended without success, and print the new submission."""
    _decide("again", submission_id, data_dir, as_json)


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

    verbs = {"refunded": refunds.mark_refunded, "missed": refunds.mark_not_refunded, "resend": refunds.resend}
    with desk(data_dir):
        decided = verbs[happened](db.session(), submission_id, now=datetime.now(UTC), actor="cli")
        show([_described(row) for row in list_latest(db.session(), {"ids": [decided.id]}, 1)], as_json, _lines)


def _decide(verb: str, submission_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Apply a decision to a submission. The scheduler enqueues its job."""
    from webapp.core.extensions import db, settings
    from webapp.queries.submissions import list_latest
    from webapp.services.submissions import user_actions as verbs

    with desk(data_dir):
        about: dict[str, Any] = {"now": datetime.now(UTC), "actor": "cli"}
        if verb == "again":
            about["undo_seconds"] = settings().undo_seconds
        actions: dict[str, Callable[..., Any]] = {
            "undo": verbs.undo,
            "insist": verbs.override_conflict,
            "again": verbs.resubmit,
        }
        decided = actions[verb](db.session(), submission_id, **about)
        show([_described(row) for row in list_latest(db.session(), {"ids": [decided.id]}, 1)], as_json, _lines)


def _advance_until(session: Session, only: int | None, deadline: float) -> None:
    """Process submissions as soon as they are due, at least once, until the deadline."""
    from webapp.queries.submissions import find_next_due

    while True:
        due = find_next_due(session, only)
        session.rollback()
        now = datetime.now(UTC)
        busy = sum(_advance(session, id_, deadline) for id_, at in due.items() if at <= now)
        left = deadline - time.monotonic()
        if not due or left <= 0:
            return
        soonest = (min(due.values()) - now).total_seconds()
        time.sleep(min(max(soonest, 0.5 if busy else 0.05), left))


def _advance(session: Session, account_id: int, deadline: float) -> bool:
    """Process an account once; return True if a worker did so instead. Raises BusyError after the deadline."""
    from webapp.core.extensions import settings
    from webapp.services.accounts import accounts
    from webapp.services.submissions import processor as submission_processor
    from webapp.web.amazon_gateway import open_port

    keys = accounts.credentials_of(accounts.find(session, account_id))
    session.rollback()
    try:
        with open_port(keys) as port:
            submission_processor.run(
                session,
                port,
                account_id,
                clock=lambda: datetime.now(UTC),
                feed_interval=settings().feed_interval,
                method=settings().cancel_method,
            )
    except BusyError:
        if time.monotonic() >= deadline:
            raise
        return True
    return False


def _described(row: Any) -> dict[str, Any]:
    """Return a row of the list of submissions for JSON."""
    from webapp.messages import text_for

    one = row.Submission
    return {
        "id": one.id,
        "kind": one.kind,
        "amazon_order_number": row.number,
        "account": row.account,
        "state": one.state,
        "open": one.open,
        "reason": one.details.get("reason"),
        "details": one.details,
        "message": one.message or (text_for(one.cause) if one.cause else None),
        "request_id": one.request_id,
        "requested_at": instant(one.requested_at),
        "due_at": instant(one.due_at if one.open else None),
    }


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield "There are no such submissions."
    for one in found:
        said = f"  {one['message']}" if one["message"] else ""
        yield f"{one['id']:>6}  {one['kind']}  {one['amazon_order_number']}  {one['state']}{said}"
