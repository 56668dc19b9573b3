"""`channeldesk stores`: list stores, and change their settings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, desk, instant, json_option, show
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

    with desk(data_dir):
        show([described(store) for store in stored.list_stores(db.session())], as_json, _lines)


@stores.command()
@click.argument("name")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting; may be repeated.")
@data_dir_option
@json_option
def settings(name: str, changes: tuple[str, ...], data_dir: Path | None, as_json: bool) -> None:
    """Show the order settings of a store, given by name or slug; change them with --set, all or none."""
    from webapp.core.extensions import db
    from webapp.services.accounts import stores as verbs

    values = dict(_pair(change) for change in changes)
    with desk(data_dir):
        session = db.session()
        store = verbs.find(session, name)
        if values:
            verbs.change_settings(session, store, values, now=datetime.now(UTC), actor="cli")
        show(read_order_settings(store), as_json, lambda said: (f"{key}={value}" for key, value in said.items()))


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
    from webapp.services.accounts import stores as verbs

    # In a shell a line break is entered as two characters.
    values = {key: value.replace("\\n", "\n") for key, value in map(_pair, changes)}
    with desk(data_dir):
        session = db.session()
        store = verbs.find(session, name)
        if values:
            document_settings.change(session, store, values, now=datetime.now(UTC), actor="cli")
        said = {key: getattr(store, key) for key in KEYS}
        show(said, as_json, lambda said: (f"{key}={value!r}" for key, value in said.items()))


def described(store: Store) -> dict[str, Any]:
    """Return a store for JSON. Times are ISO 8601 in UTC."""
    return {
        "name": store.name,
        "slug": store.slug,
        "account": store.account.name,
        "marketplace": store.marketplace.country_code,
        "marketplace_id": store.marketplace_id,
        "currency": store.marketplace.currency,
        "active": store.active,
        "created_at": instant(store.created_at),
        "last_synced_at": instant(store.last_synced_at),
        "orders_from": instant(store.orders_from),
        "settings": read_order_settings(store),
    }


def _pair(change: str) -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals:
        raise InvalidError("setting_without_value", text=change)
    return key.strip(), value.strip()


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield "There are no stores yet."
    for one in found:
        state = "active" if one["active"] else "inactive"
        yield f"{one['name']}  {one['marketplace']}  {state}  synced {one['last_synced_at'] or 'never'}"
