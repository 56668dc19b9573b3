"""Reading stores and their accounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from webapp.domain.accounts.store_settings import ORDER_SETTINGS, SWITCHES
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.stores import Store, StoreName
from webapp.queries.accounts import alerts as accounts_alerts
from webapp.queries.accounts import dashboard
from webapp.queries.accounts.alerts import Alert

ACTIVITY_DAYS = 30


class StoreCard(NamedTuple):
    """`activity`: orders a day over the last 30 days, oldest first."""

    store: Store
    activity: list[int]
    alerts: list[Alert]


def list_stores(session: Session) -> Sequence[Store]:
    """All stores with their accounts, an account's together."""
    stores = select(Store).join(Store.account).options(contains_eager(Store.account))
    return session.scalars(stores.order_by(Account.name, Store.name)).all()


# Put together once, and read below the ORM: each page of a list names the stores.
_BY_NAME = select(*(getattr(Store, name) for name in StoreName._fields)).order_by(Store.name)


def list_store_names(session: Session) -> list[StoreName]:
    """All stores, without their settings and accounts."""
    return [StoreName(*row) for row in session.connection().execute(_BY_NAME)]


def load_cards(session: Session, now: datetime) -> list[StoreCard]:
    """What the Stores page shows; three queries, however many stores there are."""
    stores = list_stores(session)
    if not stores:
        return []
    activity = dashboard.count_orders_per_day(session, stores, ACTIVITY_DAYS, now)
    alerts = accounts_alerts.load_alerts(session, stores, now)
    return [StoreCard(store, activity[store.id], alerts.get(store.id, [])) for store in stores]


def find_by_slug(session: Session, slug: str) -> Store | None:
    """The store of an address, with its account."""
    return session.scalar(
        select(Store).join(Store.account).options(contains_eager(Store.account)).where(Store.slug == slug)
    )


def read_order_settings(store: Store) -> dict[str, str]:
    """The store's order settings in the words they are set with, as `domain.store_settings` lists them."""
    found = {}
    for setting in ORDER_SETTINGS:
        value = getattr(store, setting.key)
        found[setting.key] = ("enabled" if value else "disabled") if setting.key in SWITCHES else value
    return found


def find_account(session: Session, account_id: int) -> Account | None:
    """An account with its stores."""
    return session.scalar(select(Account).options(selectinload(Account.stores)).where(Account.id == account_id))


def list_accounts(session: Session) -> Sequence[Account]:
    """All accounts with their stores, by name."""
    return session.scalars(select(Account).options(selectinload(Account.stores)).order_by(Account.name)).all()


def find_sync_job(session: Session, account_id: int) -> RecurringJob | None:
    """The row of the schedule by which an account is synced."""
    return session.scalar(select(RecurringJob).where(RecurringJob.key == f"sync_account-{account_id}"))


def count_deleted_with(session: Session, store: Store) -> dict[str, int]:
    """How much goes with the store: the page says so before it asks for the store's name.

    `last_of_account`: 1 when the account and its credentials go too.
    """
    others = select(func.count()).select_from(Store).where(Store.account_id == store.account_id, Store.id != store.id)
    counts = select(
        select(func.count()).select_from(AmazonOrder).where(AmazonOrder.store_id == store.id).scalar_subquery(),
        select(func.count()).select_from(Order).where(Order.store_id == store.id).scalar_subquery(),
        others.scalar_subquery(),
    )
    amazon_orders, orders, left = session.execute(counts).one()
    return {"amazon_orders": amazon_orders, "orders": orders, "last_of_account": int(left == 0)}
