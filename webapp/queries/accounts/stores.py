"""Stores and their accounts."""

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
    """List all stores with their accounts, by account and name."""
    stores = select(Store).join(Store.account).options(contains_eager(Store.account))
    return session.scalars(stores.order_by(Account.name, Store.name)).all()


# Every list page executes this.
_BY_NAME = select(*(getattr(Store, name) for name in StoreName._fields)).order_by(Store.name)


def list_store_names(session: Session) -> list[StoreName]:
    """List the names of all stores, without settings and accounts."""
    return [StoreName(*row) for row in session.connection().execute(_BY_NAME)]


def load_cards(session: Session, now: datetime) -> list[StoreCard]:
    """Load the cards of the Stores page, in three queries."""
    stores = list_stores(session)
    if not stores:
        return []
    activity = dashboard.count_orders_per_day(session, stores, ACTIVITY_DAYS, now)
    alerts = accounts_alerts.load_alerts(session, stores, now)
    return [StoreCard(store, activity[store.id], alerts.get(store.id, [])) for store in stores]


def find_by_slug(session: Session, slug: str) -> Store | None:
    """Find the store with this slug, with its account."""
    return session.scalar(
        select(Store).join(Store.account).options(contains_eager(Store.account)).where(Store.slug == slug)
    )


def read_order_settings(store: Store) -> dict[str, str]:
    """Return the order settings of a store, by the keys of `domain.accounts.store_settings`."""
    settings = {}
    for setting in ORDER_SETTINGS:
        value = getattr(store, setting.key)
        settings[setting.key] = ("enabled" if value else "disabled") if setting.key in SWITCHES else value
    return settings


def find_account(session: Session, account_id: int) -> Account | None:
    """Find an account, with its stores."""
    return session.scalar(select(Account).options(selectinload(Account.stores)).where(Account.id == account_id))


def list_accounts(session: Session) -> Sequence[Account]:
    """List all accounts with their stores, by name."""
    return session.scalars(select(Account).options(selectinload(Account.stores)).order_by(Account.name)).all()


def find_sync_job(session: Session, account_id: int) -> RecurringJob | None:
    """Find the recurring job that syncs an account."""
    return session.scalar(select(RecurringJob).where(RecurringJob.key == f"sync_account-{account_id}"))


def count_deleted_with(session: Session, store: Store) -> dict[str, int]:
    """Count the rows that would be deleted with the store.

    `last_of_account`: 1 if the account and its credentials would be deleted too.
    """
    others = select(func.count()).select_from(Store).where(Store.account_id == store.account_id, Store.id != store.id)
    counts = select(
        select(func.count()).select_from(AmazonOrder).where(AmazonOrder.store_id == store.id).scalar_subquery(),
        select(func.count()).select_from(Order).where(Order.store_id == store.id).scalar_subquery(),
        others.scalar_subquery(),
    )
    amazon_orders, orders, other_stores = session.execute(counts).one()
    return {"amazon_orders": amazon_orders, "orders": orders, "last_of_account": int(other_stores == 0)}
