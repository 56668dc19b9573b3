"""How long the desk's pages take at very many orders, beside the least one could write by hand.

    python -m benchmarks.pages FOLDER [--database URL] [--rounds 100]

FOLDER is one that `benchmarks.fill` filled. What counts are the ratios of one run; absolute figures are the machine's.
"""

import argparse
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from benchmarks.orders import COMMON, FREQUENT, RARE
from benchmarks.served import Server, Timing, served, time_pages
from webapp import create_app
from webapp.extensions import db
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.users import User, WebSession
from webapp.queries import grids, orders, search, stores
from webapp.queries.users import digest
from webapp.settings import Settings

LAST_PAGE = 10_000


def sign_in(app: Any) -> str:
    """The cookie of an owner."""
    cookie, now = secrets.token_urlsafe(32), datetime.now(UTC)
    with app.app_context(), Session(db.engine) as session:
        user = session.scalar(select(User).where(User.email == "benchmark@desk.example"))
        if user is None:
            user = User(
                email="benchmark@desk.example",
                password=None,
                role="owner",
                active=True,
                created_at=now,
                fs_uniquifier=secrets.token_hex(16),
            )
            session.add(user)
            session.flush()
        data = {"csrf_token": secrets.token_hex(32), "_user_id": user.fs_uniquifier, "_fresh": True}
        session.execute(
            insert(WebSession).values(id_hash=digest(cookie), user_id=user.id, data=data, created_at=now, seen_at=now)
        )
        session.commit()
    return f"{app.session_interface.name}={cookie}"


def paths(app: Any) -> dict[str, str]:
    """Name → path of each page measured."""
    with app.app_context(), Session(db.engine) as session:
        every = stores.by_name(session)
        many = session.scalar(text("SELECT count(*) FROM orders")) or 0
        grid = orders.grid(every).choose()
        middle = grids.read_place(grid, {"page": str(max(2, many // 100))})
        deep = grids.fetch(session, grid, middle, {})
        assert deep.next is not None
        number = session.scalar(select(Order.number).order_by(Order.id.desc()).offset(1000).limit(1))
        amazons = session.scalar(select(AmazonOrder.number).order_by(AmazonOrder.id).offset(1000).limit(1))
        last = min(LAST_PAGE, many // 50)
        place = grids.replace(middle, page=None)
        return {
            "first page": "/orders",
            "deep in the middle, next": f"/orders?after={grids.write_edge(place, deep.next)}",
            f"page {last:,} by its number": f"/orders?page={last}",
            "filter: 2 % of rows": "/amazon-orders?status=UNSHIPPED",
            "filter: 84 % of rows": "/amazon-orders?status=SHIPPED",
            "sorted by total": "/amazon-orders?sort=-total",
            "sorted by ship-by": "/orders?sort=ship_by",
            f"name, 1 in 10,000 ({RARE})": f"/orders?q={search.seal(RARE)}",
            f"name, 1 in 333 ({FREQUENT})": f"/orders?q={search.seal(FREQUENT)}",
            f"name, 1 in 7 ({COMMON})": f"/orders?q={search.seal(COMMON)}",
            "search box, two words": f"/search?q={search.seal(COMMON + ' mug')}",
            "one Order": f"/orders/{number}",
            "one Amazon order": f"/amazon-orders/{amazons}",
            "stores": "/",
            "dashboard": f"/stores/{every[0].slug}",
        }


FLOOR = {
    "first page": "/",
    "deep in the middle, next": "/?after=2025-05-01 00:00:00.000000&id=500000",
    "filter: 2 % of rows": "/?status=UNSHIPPED",
    "filter: 84 % of rows": "/?status=SHIPPED",
}


def table(timings: dict[tuple[str, str], Timing], names: list[str]) -> list[str]:
    lines = ["| page | p50 ms | p99 ms | kB sent | × the floor |", "|---|---|---|---|---|"]
    for name in names:
        ours = timings["Channeldesk", name]
        floor = timings.get(("floor", name)) or (
            timings.get(("floor", "one order")) if name.startswith("one ") else None
        )
        ratio = f"{ours.p50 / floor.p50:.1f}" if floor else ""
        lines.append(f"| {name} | {ours.p50:.1f} | {ours.p99:.1f} | {ours.size / 1000:.1f} | {ratio} |")
    return lines


def measure(desk: Server, floor: Server, asked: dict[str, str], rounds: int) -> list[str]:
    pages = [(desk, name, path) for name, path in asked.items()]
    pages += [(floor, name, path.replace(" ", "%20")) for name, path in FLOOR.items()]
    pages.append((floor, "one order", f"/order/{asked['one Amazon order'].rpartition('/')[2]}"))
    return table(time_pages(pages, rounds), list(asked))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", default="", help="a PostgreSQL URL; default: SQLite in the folder")
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    app = create_app(Settings.load({}, data_dir=options.folder, database_url=options.database))
    cookie, asked = sign_in(app), paths(app)
    with app.app_context():
        many = db.session.scalar(text("SELECT count(*) FROM amazon_orders"))
        db.session.remove()
        db.engine.dispose()
    environment = {"CHANNELDESK_DATA_DIR": str(options.folder), "REDIS_URL": "redis://127.0.0.1:1"}
    plain = str(options.folder / "channeldesk.db")
    if options.database:
        environment["DATABASE_URL"] = options.database
        plain = options.database.replace("+psycopg", "")
    with (
        served("Channeldesk", "wsgi:app", cookie, environment) as desk,
        served("floor", "benchmarks.floor:app", "", {"FLOOR_DATABASE": plain}) as floor,
    ):
        print(f"{many:,} orders, {options.rounds} rounds")
        print("\n".join(measure(desk, floor, asked, options.rounds)))
        print(f"\nMemory (PSS) of master and workers: {desk.memory():.0f} MB, the floor {floor.memory():.0f} MB")


if __name__ == "__main__":
    main()
