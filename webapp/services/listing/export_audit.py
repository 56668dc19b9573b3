"""History entries of exported lists."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.services import audit_log


def record_export(
    session: Session, grid: str, format_: str, count: int, *, personal: bool, now: datetime, actor: str
) -> None:
    """Record who exported how many rows of which list. Commits."""
    kind = "grid_exported_personal" if personal else "grid_exported"
    audit_log.record(
        session, kind, now=now, actor=actor, args={"name": grid, "count": count, "format": format_.upper()}
    )
    session.commit()
