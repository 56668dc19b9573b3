"""`channeldesk demo`: run Channeldesk against the built-in Amazon simulator."""

import http.client
import json
import socket
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import click
import platformdirs
from flask import Flask

from webapp.cli.base import data_dir_option, load_settings
from webapp.core import processes
from webapp.core.errors import CannotRunError
from webapp.core.settings import Settings
from webapp.domain.products.csv_import import Entry, Row
from webapp.runtime import data_dir as runtime_data_dir
from webapp.runtime.supervisor import Service

# Short intervals for a demo: the real Amazon takes minutes for each of these.
PACE = {"sync_interval": 5, "undo_seconds": 10, "feed_interval": 5}
ARRIVALS = 20
UPDATE_DELAY = 2
BACKFILL_DAYS = 60
MAIL_PORT = "simulator-mail-port"
SIMULATOR_WITHIN = 20.0


@click.command()
@click.option("--port", type=int, help="The port to listen on. Default: CHANNELDESK_PORT, or 8480.")
@data_dir_option
def demo(port: int | None, data_dir: Path | None) -> None:
    """Run Channeldesk against the built-in Amazon simulator, with connected accounts and new orders."""
    from webapp.runtime.up import up

    data_dir = data_dir or platformdirs.user_data_path("channeldesk-demo")
    settings = replace(load_settings(data_dir, port=port), **PACE)  # type: ignore[arg-type]
    runtime_data_dir.prepare(settings.data_dir)
    address = f"http://127.0.0.1:{_get_simulator_port(settings)}"
    up(
        settings,
        lambda app: _build_welcome_lines(app, address),
        prepare=lambda app: _connect_all(app, address),
        more=[Service("simulator", lambda: _simulate(settings))],
    )


def _get_simulator_port(settings: Settings, name: str = "simulator-port") -> int:
    """Return the simulator's port, the same at each start, since it is stored in the accounts."""
    port_file = settings.data_dir / name
    if port_file.exists():
        return int(port_file.read_text())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    port_file.write_text(str(port))
    return port


def _simulate(settings: Settings) -> None:
    options = {
        "host": "127.0.0.1",
        "port": _get_simulator_port(settings),
        "mail-port": _get_simulator_port(settings, MAIL_PORT),
        "scenario": "busy_monday",
        "limits": "relaxed",
        "state": settings.data_dir / "simulator.db",
        "arrivals": ARRIVALS,
        "update-delay": UPDATE_DELAY,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    processes.execute([sys.executable, "-m", "simulator", *words])


def _connect_all(app: Flask, address: str) -> None:
    """Connect the simulator's sellers that are not connected yet; their stores are active from the start."""
    from webapp.core.extensions import db

    offered = _request_simulator(f"{address}/_control/api/credentials")
    goods = _request_simulator(f"{address}/_control/api/products")
    with app.app_context():
        for seller in offered:
            _connect(db.session(), seller, goods[seller["seller_id"]])
        _set_up_mails(db.session(), offered[0]["name"], _get_simulator_port(app.config["CHANNELDESK"], MAIL_PORT))


def _connect(session: Any, seller: dict[str, Any], goods: list[dict[str, str]]) -> None:
    from sqlalchemy import select

    from webapp.amazon.gateway import Amazon
    from webapp.core import queue
    from webapp.models.accounts import Account
    from webapp.services.accounts import accounts
    from webapp.services.products import products

    if session.scalar(select(Account.id).where(Account.seller_id == seller["seller_id"])):
        return
    countries = seller.pop("marketplaces")
    with Amazon(accounts.check_fields(seller), queue.redis(), priority="person") as gateway:
        participations = gateway.participations()
    account = accounts.connect(
        session,
        seller,
        countries,
        participations,
        backfill_days=BACKFILL_DAYS,
        sync_interval=PACE["sync_interval"],
        now=datetime.now(UTC),
        actor="cli",
    )
    products.import_rows(session, account.id, _build_rows(goods), now=datetime.now(UTC), actor="cli")


def _build_rows(goods: list[dict[str, str]]) -> list[Row]:
    """Return products in all states: most in stock, some low, one disabled, some unknown."""
    entries = [
        Entry(
            good["sku"],
            good["title"],
            good["asin"],
            place % 23 != 9,
            None,
            3 if place % 7 == 3 else 20 + place * 7 % 90,
        )
        for place, good in enumerate(goods)
        if place % 8 != 5
    ]
    return [Row(line, entry.sku, entry) for line, entry in enumerate(entries, start=2)]


def _set_up_mails(session: Any, name: str, port: int) -> None:
    """Send mails to the simulator's mail server, unless another one is set."""
    from webapp.queries.mails import find_server_row
    from webapp.services.mail import settings as mail_settings

    if find_server_row(session) is not None:
        return
    fields = {
        "host": "127.0.0.1",
        "port": str(port),
        "security": "none",
        "address": "orders@shop.example",
        "name": name,
    }
    mail_settings.save_server(session, fields, now=datetime.now(UTC), actor="cli")


def _request_simulator(url: str) -> Any:
    """Request a URL of the simulator, retrying until it has started or SIMULATOR_WITHIN seconds have passed.

    Raises CannotRunError after that time.
    """
    deadline = time.monotonic() + SIMULATOR_WITHIN
    while True:
        try:
            with urlopen(url, timeout=2) as response:  # noqa: S310 - our own simulator, http on loopback
                return json.load(response)
        except (URLError, OSError, http.client.HTTPException):
            if time.monotonic() > deadline:
                raise CannotRunError(
                    f"The simulator does not answer at {url.partition('/_control')[0]}. "
                    "If another program uses that port, end it: the demo's accounts have this address."
                ) from None
            time.sleep(0.05)


def _build_welcome_lines(app: Flask, address: str) -> list[str]:
    from webapp.core.extensions import db
    from webapp.services.users.users import make_demo_link

    settings = app.config["CHANNELDESK"]
    with app.app_context():
        link = make_demo_link(db.session(), settings, datetime.now(UTC))
    return [
        f"Channeldesk's demo is ready: {settings.address}",
        f"Sign in with this link (works once, for 24 hours): {link}",
        f"Be Amazon and its buyers here: {address}/_control",
    ]
