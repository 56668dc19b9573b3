"""`channeldesk refunds`: compare refunds with Amazon's payments."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, number_type, open_app, show
from webapp.domain.common.money import Money

_LIMIT = 100


@click.group(cls=Group)
def refunds() -> None:
    """Compare refunds with Amazon's payments."""


@refunds.command()
@click.argument("account", required=False)
@data_dir_option
@json_option
def check(account: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Read the payments of ACCOUNT (its name) or of all, compare them, and list what nobody has checked."""
    from sqlalchemy import select

    from webapp.core.extensions import db
    from webapp.models.accounts import Account
    from webapp.queries.invoicing.refund_findings import list_unresolved
    from webapp.services.accounts import accounts
    from webapp.services.invoicing import refund_check
    from webapp.web.amazon_gateway import open_gateway

    with open_app(data_dir):
        session = db.session()
        ids = [accounts.find_by_name(session, account).id] if account else session.scalars(select(Account.id)).all()
        for account_id in ids:
            credentials = accounts.get_credentials(accounts.find_by_id(session, account_id))
            session.rollback()
            with open_gateway(credentials) as gateway:
                refund_check.check_account(session, gateway, account_id, clock=lambda: datetime.now(UTC))
        show([_describe(row) for row in list_unresolved(session, _LIMIT)], as_json, _lines)


@refunds.command("list")
@click.option("--limit", type=number_type, default=_LIMIT, show_default=True, help="Number of findings.")
@data_dir_option
@json_option
def list_findings(limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List what does not agree with Amazon's payments and nobody has checked, the latest first."""
    from webapp.core.extensions import db
    from webapp.queries.invoicing.refund_findings import list_unresolved

    with open_app(data_dir):
        show([_describe(row) for row in list_unresolved(db.session(), limit)], as_json, _lines)


@refunds.command()
@click.argument("finding_id", type=number_type, metavar="ID")
@data_dir_option
@json_option
def checked(finding_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Mark a finding as checked."""
    from webapp.core.extensions import db
    from webapp.services.invoicing import refund_check

    with open_app(data_dir):
        finding = refund_check.resolve(db.session(), finding_id, now=datetime.now(UTC), actor="cli")
        row = {"id": finding.id, "kind": finding.kind, "resolved_at": format_instant(finding.resolved_at)}
        show(row, as_json, lambda row: iter([f"Finding {row['id']} is marked as checked."]))


def _describe(row: Any) -> dict[str, Any]:
    finding = row.RefundFinding
    amounts = {
        name: Money(minor, finding.currency).as_json() if minor is not None else None
        for name, minor in (("expected", finding.expected), ("amount", finding.amount))
    }
    return {
        "id": finding.id,
        "kind": finding.kind,
        "amazon_order_number": row.number,
        "order": row.order,
        "store": row.store,
        "credit_memo": row.memo,
        **amounts,
        "posted_at": format_instant(row.posted_at),
        "request_id": row.request_id,
        "found_at": format_instant(finding.found_at),
        "resolved_at": format_instant(finding.resolved_at),
    }


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "All refunds agree with Amazon's payments, as far as they have been read."
    for row in rows:
        amounts = [f"{row[name]['amount']} {row[name]['currency']}" for name in ("expected", "amount") if row[name]]
        yield f"{row['id']:>6}  {row['kind']:<9}  {row['amazon_order_number']}  {' / '.join(amounts)}"
