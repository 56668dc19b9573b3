"""`channeldesk stores`: list stores, and change their settings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, open_app, show
from webapp.domain.errors import InvalidError
from webapp.models.stores import Store
from webapp.queries.accounts.stores import read_order_settings


@click.group(cls=Group)
def stores() -> None:
    """List the stores, show and change their settings."""


@stores.command("list")
@data_dir_option
@json_option
def list_stores(data_dir: Path | None, as_json: bool) -> None:
    """List the stores."""
    from webapp.core.extensions import db
    from webapp.queries.accounts import stores as stored

    with open_app(data_dir):
        show([serialize(store) for store in stored.list_stores(db.session())], as_json, _format_list)


@stores.command()
@click.argument("name")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting; may be repeated.")
@data_dir_option
@json_option
def settings(name: str, changes: tuple[str, ...], data_dir: Path | None, as_json: bool) -> None:
    """Show the order settings of a store, given by name or slug; change them with --set, all or none."""
    from webapp.core.extensions import db
    from webapp.services.accounts import stores as service

    values = dict(_parse_change(change) for change in changes)
    with open_app(data_dir):
        session = db.session()
        store = service.find(session, name)
        if values:
            service.change_settings(session, store, values, now=datetime.now(UTC), actor="cli")
        show(read_order_settings(store), as_json, lambda values: (f"{key}={value}" for key, value in values.items()))


@stores.command()
@click.argument("name")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting; may be repeated.")
@data_dir_option
@json_option
def documents(name: str, changes: tuple[str, ...], data_dir: Path | None, as_json: bool) -> None:
    """Show the seller details and language of a store's documents; change them with --set."""
    from webapp.core.extensions import db
    from webapp.domain.accounts.document_settings import KEYS
    from webapp.services.accounts import document_settings
    from webapp.services.accounts import stores as service

    # In a shell a line break is entered as two characters.
    values = {key: value.replace("\\n", "\n") for key, value in map(_parse_change, changes)}
    with open_app(data_dir):
        session = db.session()
        store = service.find(session, name)
        if values:
            document_settings.change(session, store, values, now=datetime.now(UTC), actor="cli")
        texts = {key: getattr(store, key) for key in KEYS}
        show(texts, as_json, lambda values: (f"{key}={value!r}" for key, value in values.items()))


def serialize(store: Store) -> dict[str, Any]:
    """Return a store for JSON. Times are ISO 8601 in UTC."""
    return {
        "name": store.name,
        "slug": store.slug,
        "account": store.account.name,
        "marketplace": store.marketplace.country_code,
        "marketplace_id": store.marketplace_id,
        "currency": store.marketplace.currency,
        "active": store.active,
        "created_at": format_instant(store.created_at),
        "last_synced_at": format_instant(store.last_synced_at),
        "orders_from": format_instant(store.orders_from),
        "settings": read_order_settings(store),
    }


def _parse_change(change: str) -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals:
        raise InvalidError("setting_without_value", text=change)
    return key.strip(), value.strip()


def _format_list(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "There are no stores yet."
    for row in rows:
        state = "active" if row["active"] else "inactive"
        yield f"{row['name']}  {row['marketplace']}  {state}  synced {row['last_synced_at'] or 'never'}"
