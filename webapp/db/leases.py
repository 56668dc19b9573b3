"""Leases: exclusive locks with an owner and an expiry. A lease of a dead local process is free at once."""

import os
import platform
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import String, delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.db.base import Base, UtcDateTime
from webapp.domain.common import clocks
from webapp.domain.errors import BusyError


class Lease(Base):
    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


# Long enough for a page of orders and the call before it; a killed owner is waited for no longer than this.
LEASE = timedelta(seconds=20)


class LeaseLostError(RuntimeError):
    """Another process took the lease after it expired. The pending write is discarded."""


def build_lease_name(work: str, account_id: int) -> str:
    """Return the name of the lease for one kind of work on an account."""
    return f"{work}-{account_id}"


def acquire(session: Session, name: str, now: datetime, code: str = "busy") -> str:
    """Acquire the lease; return its token. Commits. Raises BusyError(code) while another process has it."""
    lease = session.get(Lease, name, with_for_update=True)
    owner = f"{_read_host_id()}:{os.getpid()}:{secrets.token_urlsafe(9)}"
    if lease is None:
        session.add(Lease(name=name, owner=owner, until=now + LEASE))
    elif lease.until > now and not _is_owner_dead(lease.owner):
        # A live owner renews it. An expiry set while the clock was ahead is limited to the usual duration.
        if clocks.is_ahead(lease.until, now + LEASE):
            lease.until = clocks.limit_wait(lease.until, LEASE, now)
            session.commit()
        else:
            session.rollback()
        raise BusyError(code)
    else:
        lease.owner, lease.until = owner, now + LEASE
    try:
        session.commit()
    except IntegrityError:
        # Two found no lease and each wrote one: on PostgreSQL nothing could be locked, but one key lets one in.
        session.rollback()
        raise BusyError(code) from None
    return owner


def renew(session: Session, name: str, owner: str, now: datetime) -> None:
    """Renew the lease, inside the transaction that writes. Raises LeaseLostError when another process has it."""
    statement = update(Lease).where(Lease.name == name, Lease.owner == owner).values(until=now + LEASE)
    if session.execute(statement, execution_options={"synchronize_session": False}).rowcount != 1:  # type: ignore[attr-defined]
        session.rollback()
        raise LeaseLostError(name)


def release(session: Session, name: str, owner: str) -> None:
    """Release the lease. Commits. Does nothing when another process has it already."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.owner == owner))
    session.commit()


def _read_host_id() -> str:
    """Return an id of this machine or container, within which process ids are unique."""
    try:
        return Path("/proc/self/ns/pid").readlink().name.strip("pid:[]") + platform.node()[:20]
    except OSError:
        return platform.node()[:30]


def _is_owner_dead(owner: str) -> bool:
    """Return whether the owner was a process of this machine that has ended, so that its lease is free."""
    host, _, process = owner.rpartition(":")[0].rpartition(":")
    if host != _read_host_id() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
