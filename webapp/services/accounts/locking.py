"""The lock of an account's orders."""

from typing import Any, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.db.base import Base
from webapp.db.json_aggregate import table_of
from webapp.domain.errors import require
from webapp.models.accounts import Account

_Row = TypeVar("_Row", bound=Base)
_LOCK = select(Account.id).where(Account.id == bindparam("account_id")).with_for_update(key_share=True)


def lock_orders(session: Session, account_id: int) -> None:
    """Lock the orders of this account until the transaction ends. Later reads see what earlier holders wrote.

    SQLite allows one writer at a time anyway. On PostgreSQL the lock keeps two importers from inserting the same
    order, and writers of several rows from deadlocks. Number sequences are shared by all accounts: lock them after
    the account, in the order order, invoice, shipment, credit memo.
    """
    session.execute(_LOCK, {"account_id": account_id})


def load_locked(session: Session, model: type[_Row], row_id: int, code: str, **args: Any) -> _Row:
    """Lock the orders of the row's account, and load the row for update.

    `code` and `args`: those of the NotFoundError it raises without such a row.
    """
    columns = table_of(model).c
    account_id = require(session.scalar(select(columns.account_id).where(columns.id == row_id)), code, **args)
    lock_orders(session, account_id)
    return session.get_one(model, row_id, with_for_update=True, populate_existing=True)
