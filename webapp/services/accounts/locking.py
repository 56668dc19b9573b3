"""The lock of an account's orders."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.models.accounts import Account

_LOCK = select(Account.id).where(Account.id == bindparam("account_id")).with_for_update(key_share=True)


def lock_orders(session: Session, account_id: int) -> None:
    """Lock the orders of this account until the transaction ends. Later reads see what earlier holders wrote.

    SQLite allows one writer at a time anyway. On PostgreSQL the lock keeps two importers from inserting the same
    order, and writers of several rows from deadlocks. Number sequences are shared by all accounts: lock them after
    the account, in the order order, invoice, shipment, credit memo.
    """
    session.execute(_LOCK, {"account_id": account_id})
