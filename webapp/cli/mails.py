"""`channeldesk mails`: list and resend e-mails to buyers, and test the mail server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, number_type, open_app, show
from webapp.domain.mail.state_machine import FAILED, STATES


@click.group(cls=Group)
def mails() -> None:
    """List e-mails to buyers, send failed ones again, and test the mail server."""


@mails.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only in this state; repeatable.")
@click.option("--limit", type=number_type, default=100, show_default=True, help="Number of mails.")
@data_dir_option
@json_option
def list_mails(states: tuple[str, ...], limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List mails without their texts, the latest first."""
    from webapp.core.extensions import db
    from webapp.queries.mails import list_latest

    with open_app(data_dir):
        rows = list_latest(db.session(), {"state": states} if states else {}, limit)
        show([_serialize(row) for row in rows], as_json, _format_list)


@mails.command()
@click.argument("mail_id", type=number_type, required=False)
@click.option("--failed", "all_failed", is_flag=True, help="All that failed, but none that may have arrived.")
@data_dir_option
@json_option
def retry(mail_id: int | None, all_failed: bool, data_dir: Path | None, as_json: bool) -> None:
    """Queue the mail MAIL_ID, or all that failed, again. A running worker sends them."""
    from datetime import UTC, datetime

    from webapp.core.extensions import db
    from webapp.queries.mails import list_latest
    from webapp.services.mail import outbox as service

    if (mail_id is None) is not all_failed:
        raise click.UsageError("Name one mail by its id, or say --failed.")
    with open_app(data_dir):
        session = db.session()
        mail_ids = [row.id for row in list_latest(session, {"state": [FAILED]}, 1_000_000)] if all_failed else [mail_id]
        session.rollback()
        arguments: dict[str, Any] = {"now": datetime.now(UTC), "actor": "cli"}
        if all_failed:
            service.retry_all(session, **arguments)
        elif mail_id is not None:
            service.retry(session, mail_id, **arguments)
        rows = list_latest(session, {"ids": mail_ids}, len(mail_ids) or 1)
        show([_serialize(row) for row in rows], as_json, _format_list)


@mails.command()
@click.argument("address")
@data_dir_option
@json_option
def test(address: str, data_dir: Path | None, as_json: bool) -> None:
    """Send a test mail to ADDRESS with the current settings."""
    from webapp.core.extensions import db
    from webapp.domain.errors import RefusedError, require
    from webapp.domain.mail import state_machine as domain
    from webapp.domain.mail.errors import MailError
    from webapp.mailing import composer
    from webapp.messages import text_for
    from webapp.queries import mails as queries

    with open_app(data_dir):
        to = domain.clean_address(address, "address")
        session = db.session()
        server = require(queries.find_server(session), "mail_not_configured")
        sender = queries.get_sender(session)
        session.rollback()
        try:
            composer.send_test(
                server, sender, to, "Test e-mail from Channeldesk", "This e-mail shows that sending e-mails works."
            )
        except MailError as error:
            raise RefusedError("mail_test_refused", why=text_for(error.cause), words=error.words or "–") from error
        data = {"to": to, "from": sender.address, "server": f"{server.host}:{server.port}"}
        show(data, as_json, lambda row: iter([f"{row['server']} took a mail from {row['from']} to {row['to']}."]))


def _serialize(row: Any) -> dict[str, Any]:
    from webapp.messages import text_for

    return {
        "id": row.id,
        "order": row.number,
        "store": row.store,
        "via": row.via,
        "kind": row.kind,
        "state": row.state,
        "cause": text_for(row.cause) if row.cause else None,
        "tries": row.tries,
        "created_at": format_instant(row.created_at),
        "due_at": format_instant(row.due_at),
        "sent_at": format_instant(row.sent_at),
    }


def _format_list(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "There are no such mails."
    for row in rows:
        cause = f"  {row['cause']}" if row["cause"] else ""
        yield f"{row['id']:>6}  {row['order']}  {row['kind']}  {row['state']}{cause}"
