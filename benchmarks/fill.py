"""Fill a desk with very many orders, through the import itself: mirrors, Orders, invoices, events, encryption, words.

    python -m benchmarks.fill FOLDER [--orders 1000000] [--database URL] [--seed 1]

FOLDER is a data folder of its own, outside of the checkout; what stands in it already is kept and only added to.
"""

import argparse
import itertools
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from benchmarks import orders as made
from simulator.sellers import DEMO_EU
from webapp import create_app
from webapp.actions import accounts
from webapp.actions.importing import import_page
from webapp.domain.amazon_orders import Participation
from webapp.domain.marketplaces import MARKETPLACES
from webapp.extensions import db
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.running import database
from webapp.settings import Settings

PAGE = 500
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def fill(session: Session, many: int, seed: int) -> None:
    """Add what is missing of the first `many` orders of this seed."""
    account_id = session.scalar(select(Account.id)) or _connect(session)
    there = session.scalar(select(func.count()).select_from(AmazonOrder)) or 0
    left = itertools.islice(made.orders(many, NOW, seed), there, None)
    started, done = time.perf_counter(), there
    while page := list(itertools.islice(left, PAGE)):
        import_page(session, account_id, page, now=NOW, by="benchmark")
        session.commit()
        session.expunge_all()
        if done == 0 and db.engine.dialect.name == "postgresql":
            session.execute(text("ANALYZE"))
        done += len(page)
        if done % 50_000 == 0:
            print(f"{done:>9,} orders, {(done - there) / (time.perf_counter() - started):,.0f}/s", flush=True)
    session.commit()
    # As upkeep of either database would in time: PostgreSQL's own does it within minutes.
    session.connection().exec_driver_sql("ANALYZE")
    session.commit()


def _connect(session: Session) -> int:
    fields = {
        name: str(value) for name, value in DEMO_EU.credentials("http://127.0.0.1:1").items() if name != "marketplaces"
    }
    there = [
        Participation(m.id, m.country_code, m.name, m.currency, m.domain, participating=True) for m in MARKETPLACES
    ]
    return accounts.connect(session, fields, made.COUNTRIES, there, backfill_days=730, now=NOW, by="benchmark").id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--database", default="", help="a PostgreSQL URL; default: SQLite in the folder")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    app = create_app(Settings.load({}, data_dir=options.folder, database_url=options.database))
    database.upgrade(app)
    with app.app_context(), Session(db.engine) as session:
        fill(session, options.orders, options.seed)
        db.engine.dispose()


if __name__ == "__main__":
    main()
