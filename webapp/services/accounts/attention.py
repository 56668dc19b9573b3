"""Snoozing a cause of the attention list, marking it as done, and showing it again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models.attention import AttentionMark
from webapp.services import audit_log


def mark(session: Session, key: str, seen: int, *, until: datetime | None, now: datetime, actor: str) -> None:
    """Snooze a cause until a time, or mark it as done (None) until there is more of it than `seen`. Commits."""
    stored = session.scalar(select(AttentionMark).where(AttentionMark.key == key))
    if stored is None:
        stored = AttentionMark(key=key)
        session.add(stored)
    stored.until, stored.seen, stored.actor, stored.marked_at = until, seen, actor, now
    kind = "attention_done" if until is None else "attention_snoozed"
    audit_log.record(session, kind, now=now, actor=actor, args={"cause": key})
    session.commit()


def unmark(session: Session, key: str, *, now: datetime, actor: str) -> None:
    """Show a cause again. Commits; does nothing for one that is not marked."""
    stored = session.scalar(select(AttentionMark).where(AttentionMark.key == key))
    if stored is not None:
        session.delete(stored)
        audit_log.record(session, "attention_reopened", now=now, actor=actor, args={"cause": key})
    session.commit()
