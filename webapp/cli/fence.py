"""`channeldesk fence`: see what waits after a restore, and resume sending."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, open_app, show


@click.group(cls=Group)
def fence() -> None:
    """Show what waits to be sent after a restore, and resume sending."""


@fence.command("show")
@data_dir_option
@json_option
def show_fence(data_dir: Path | None, as_json: bool) -> None:
    """Show whether sending is paused, what waits, and what Amazon has that the database does not know."""
    with open_app(data_dir):
        show(_describe(), as_json, _lines)


@fence.command()
@data_dir_option
@json_option
def release(data_dir: Path | None, as_json: bool) -> None:
    """Resume sending. What Amazon's orders already show is not sent again; mails from before stay unconfirmed."""
    from webapp.core.extensions import db
    from webapp.services import fences

    with open_app(data_dir):
        _compare_feeds()
        unconfirmed = fences.release_all(db.session(), now=datetime.now(UTC), actor="cli")
        show(_describe() | {"unconfirmed_mails": unconfirmed}, as_json, _lines)


@fence.command()
@data_dir_option
@json_option
def discard(data_dir: Path | None, as_json: bool) -> None:
    """Discard everything that waits, without sending it. Sending stays paused until it is released."""
    from webapp.core.extensions import db
    from webapp.services import fences

    with open_app(data_dir):
        discarded = fences.discard_all(db.session(), now=datetime.now(UTC), actor="cli")
        show(_describe() | {"discarded": discarded}, as_json, _lines)


def _compare_feeds() -> None:
    """Compare the feeds of accounts for which no worker has done so since the fence began. Calls Amazon."""
    from webapp.core.extensions import db
    from webapp.queries import fences as queries
    from webapp.services import fences
    from webapp.services.accounts import accounts
    from webapp.web.amazon_gateway import open_gateway

    session = db.session()
    pending = {account.id: accounts.get_credentials(account) for account in queries.list_not_compared(session)}
    session.rollback()
    for account_id, credentials in pending.items():
        with open_gateway(credentials) as gateway:
            fences.compare_feeds(session, gateway, account_id, now=datetime.now(UTC))


def _describe() -> dict[str, Any]:
    from webapp.core.extensions import db
    from webapp.messages import text_for
    from webapp.queries import fences

    overview = fences.load_overview(db.session())
    if overview is None:
        return {"active": False}
    return {
        "active": True,
        "reason": overview.fence.reason,
        "message": text_for(f"fence_{overview.fence.reason}"),
        "started_at": format_instant(overview.fence.started_at),
        "backup_at": format_instant(overview.fence.backup_at),
        "submissions": [_submission(row) for row in overview.submissions],
        "submission_count": overview.submission_count,
        "unconfirmed": [_submission(row) for row in overview.unconfirmed],
        "mails": [{"id": row.id, "kind": row.kind, "order_number": row.number} for row in overview.mails],
        "mail_count": overview.mail_count,
        "unknown_feeds": [
            {"feed_id": feed.amazon_feed_id, "created_at": format_instant(feed.created_at), "lines": feed.records}
            for feed in overview.feeds
        ],
        "not_compared": list(overview.not_compared),
    }


def _submission(row: Any) -> dict[str, Any]:
    return {
        "id": row.Submission.id,
        "kind": row.Submission.kind,
        "state": row.Submission.state,
        "amazon_order_number": row.number,
        "amazon_status": row.amazon_status,
    }


def _lines(data: dict[str, Any]) -> Iterator[str]:
    if "discarded" in data:
        yield f"Discarded: {data['discarded']}."
    if not data["active"]:
        yield "Sending is not paused."
        if data.get("unconfirmed_mails"):
            count = data["unconfirmed_mails"]
            yield f"{count} mails may have arrived before and were not sent; see channeldesk mails list."
        return
    yield f"Sending is paused since {data['started_at']}: {data['message']}"
    for title, rows in (("Waiting", data["submissions"]), ("May have been done", data["unconfirmed"])):
        for row in rows:
            yield f"{title}: {row['id']:>6}  {row['kind']}  {row['amazon_order_number']}  {row['amazon_status']}"
    yield f"Waiting mails: {data['mail_count']}"
    for feed in data["unknown_feeds"]:
        yield f"Unknown refund feed at Amazon: {feed['feed_id']}, {feed['created_at']}, {feed['lines'] or '?'} lines"
    if data["not_compared"]:
        yield f"Amazon's refund feeds have not been read yet: {', '.join(data['not_compared'])}"
