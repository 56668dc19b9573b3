"""Files of products: kept while a person looks at what they would change, then taken."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFoundError, RefusedError
from webapp.domain.products import csv_import as product_csv
from webapp.models.products import ProductImport
from webapp.services.accounts import accounts
from webapp.services.products.products import take


def keep(session: Session, account_id: int, name: str, text: str, *, now: datetime, actor: str) -> ProductImport:
    """Keep a file until it is confirmed; nothing else changes. Commits. Raises InvalidError for what is no table."""
    product_csv.read(text)
    accounts.find(session, account_id)
    kept = ProductImport(account_id=account_id, at=now, actor=actor, name=name[:200], content=text)
    session.add(kept)
    session.commit()
    return kept


def confirm(session: Session, import_id: int, *, now: datetime, actor: str) -> ProductImport:
    """Take the rows of a kept file that can be taken, all of them or none. Commits.

    Raises RefusedError when it was confirmed already.
    """
    account_id = session.scalar(select(ProductImport.account_id).where(ProductImport.id == import_id))
    if account_id is None:
        raise NotFoundError("product_import_unknown", name=import_id)
    accounts.lock_orders(session, account_id)
    kept = session.get_one(ProductImport, import_id, populate_existing=True)
    if kept.confirmed_at is not None:
        session.rollback()
        raise RefusedError("product_import_confirmed")
    counts = take(session, account_id, product_csv.read(kept.content).rows, now, actor)
    kept.counts, kept.confirmed_at = counts, now
    session.commit()
    return kept
