"""Product file imports: stored for a preview of their changes, then applied."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.errors import RefusedError
from webapp.domain.products import csv_import as product_csv
from webapp.models.products import ProductImport
from webapp.services.accounts import accounts, locking
from webapp.services.products.products import apply_rows


def create(session: Session, account_id: int, name: str, text: str, *, now: datetime, actor: str) -> ProductImport:
    """Store a file until it is confirmed. Commits. Raises InvalidError if it cannot be parsed."""
    product_csv.read(text)
    accounts.find_by_id(session, account_id)
    product_import = ProductImport(account_id=account_id, at=now, actor=actor, name=name[:200], content=text)
    session.add(product_import)
    session.commit()
    return product_import


def confirm(session: Session, import_id: int, *, now: datetime, actor: str) -> ProductImport:
    """Apply the valid rows of a stored file in one transaction. Commits. Raises RefusedError if already confirmed."""
    product_import = locking.load_locked(session, ProductImport, import_id, "product_import_unknown", name=import_id)
    if product_import.confirmed_at is not None:
        session.rollback()
        raise RefusedError("product_import_confirmed")
    counts = apply_rows(session, product_import.account_id, product_csv.read(product_import.content).rows, now, actor)
    product_import.counts, product_import.confirmed_at = counts, now
    session.commit()
    return product_import
