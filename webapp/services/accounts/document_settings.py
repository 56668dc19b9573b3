"""Settings of a store's documents and mails: seller details and language."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.accounts import document_settings
from webapp.models.stores import Store
from webapp.services import audit_log


def change(session: Session, store: Store, values: Mapping[str, str], *, now: datetime, actor: str) -> Store:
    """Change settings (keys of `domain.accounts.document_settings`), all or none. Commits. Raises InvalidError."""
    changed = []
    for key, value in document_settings.clean(values).items():
        if getattr(store, key) != value:
            setattr(store, key, value)
            changed.append(key)
    if changed:
        columns = {"account_id": store.account_id, "store_id": store.id, "args": {"changed": changed}}
        audit_log.record(session, "store_documents_changed", now=now, actor=actor, **columns)
    session.commit()
    return store
