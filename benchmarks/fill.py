"""Fill an installation with many orders through the import: all rows, encrypted columns and the full-text index.

    python -m benchmarks.fill FOLDER [--orders 1000000] [--database sqlite|postgresql|URL] [--seed 1] [--small 10000]

FOLDER is a data folder outside of the checkout; existing orders are kept and only missing ones are added. A second,
small installation with orders of the same three years is filled for comparison.
"""

import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from benchmarks import orders as made
from benchmarks.parts import parser
from benchmarks.places import opened
from simulator.state.sellers import DEMO_EU
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.domain.amazon.types import Participation
from webapp.domain.common.marketplaces import MARKETPLACES
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.runtime import migrate
from webapp.services.accounts import accounts
from webapp.services.sync.importing.import_page import import_page

PAGE = 500
SMALL = 10_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def fill(session: Session, many: int, seed: int) -> None:
    """Add what is missing of the first `many` orders of this seed."""
    account_id = session.scalar(select(Account.id)) or connect(session, NOW)
    there = session.scalar(select(func.count()).select_from(AmazonOrder)) or 0
    left = itertools.islice(made.orders(many, NOW, seed), there, None)
    started, done = time.perf_counter(), there
    while page := list(itertools.islice(left, PAGE)):
        import_page(session, account_id, page, now=NOW, actor="benchmark")
        session.commit()
        session.expunge_all()
        if done == 0 and db.engine.dialect.name == "postgresql":
            session.execute(text("ANALYZE"))
        done += len(page)
        if done % 50_000 == 0:
            print(f"{done:>9,} orders, {(done - there) / (time.perf_counter() - started):,.0f}/s", flush=True)
    session.commit()
    analyze()


def analyze() -> None:
    """Analyze the database, as maintenance does in time. Peers' copies are analyzed as well."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")


def connect(session: Session, now: datetime, *, countries: Sequence[str] = made.COUNTRIES) -> int:
    """Create an account with stores in these countries; return its id."""
    fields = {
        name: str(value) for name, value in DEMO_EU.credentials("http://127.0.0.1:1").items() if name != "marketplaces"
    }
    there = [
        Participation(m.id, m.country_code, m.name, m.currency, m.domain, participating=True) for m in MARKETPLACES
    ]
    return accounts.connect(session, fields, countries, there, backfill_days=730, now=now, actor="benchmark").id


def desk(settings: Settings, many: int, seed: int) -> None:
    """Create the installation of these settings, and add missing orders."""
    app = create_app(settings)
    migrate.upgrade(app)
    with app.app_context(), Session(db.engine) as session:
        fill(session, many, seed)
        db.engine.dispose()


def main() -> None:
    asked = parser(__doc__)
    asked.add_argument("--small", type=int, default=SMALL, help="orders of the small installation; 0 for none")
    options = asked.parse_args()
    with opened(options.folder, options.database) as place:
        desk(place.desk, options.orders, options.seed)
        if options.small:
            desk(place.small, min(options.small, options.orders), options.seed)


if __name__ == "__main__":
    main()
