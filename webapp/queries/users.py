"""Users and sign-in links."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from webapp.db.encryption import field_cipher
from webapp.models.audit_log import Event
from webapp.models.users import SignInAttempt, SignInLink, User, WebSession


class Link(NamedTuple):
    """A usable sign-in link. `email` is empty for the first user."""

    kind: str
    user_id: int | None
    email: str


def digest_token(token: str) -> bytes:
    """Hash a token for storage. It has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def has_users(session: Session) -> bool:
    """Return whether any user exists; none does on the first start."""
    return bool(session.scalar(select(exists().where(User.id.is_not(None)))))


def list_users(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.email)).all()


def find_by_email(session: Session, email: str) -> User | None:
    """Find a user by normalized e-mail address."""
    return session.scalar(select(User).where(User.email == email))


def find_link(session: Session, token: str, now: datetime) -> Link | None:
    """Find a usable link by its token; None if it was used, replaced, has expired, or never existed."""
    row = session.execute(
        select(SignInLink.kind, SignInLink.user_id, User.email, User.active)
        .outerjoin(User, User.id == SignInLink.user_id)
        .where(SignInLink.token_hash == digest_token(token), SignInLink.expires_at > now)
    ).one_or_none()
    if row is None or (row.active is False) or (row.kind == "first" and has_users(session)):
        return None
    return Link(row.kind, row.user_id, row.email or "")


class Member(NamedTuple):
    """A user on the People page. `last_sign_in`: by password or link, or None."""

    id: int
    email: str
    role: str
    active: bool
    has_password: bool
    last_sign_in: datetime | None
    sessions: int


class OpenSession(NamedTuple):
    """A session on the profile page. `key`: the hash that identifies it; `browser`: as `Firefox, Linux`, or empty."""

    key: bytes
    browser: str
    created_at: datetime
    seen_at: datetime


def list_open_sessions(
    session: Session, user_id: int, *, seen_after: datetime, created_after: datetime
) -> list[OpenSession]:
    """List the open sessions of a user, the last used first."""
    is_open = (WebSession.seen_at > seen_after) & (WebSession.created_at > created_after)
    rows = session.scalars(
        select(WebSession).where(WebSession.user_id == user_id, is_open).order_by(WebSession.seen_at.desc())
    )
    return [OpenSession(row.id_hash, (row.data or {}).get("browser", ""), row.created_at, row.seen_at) for row in rows]


def list_members(session: Session, *, seen_after: datetime, created_after: datetime) -> list[Member]:
    """List all users by e-mail address. Sessions seen and created after these times count as open."""
    is_open = (WebSession.seen_at > seen_after) & (WebSession.created_at > created_after)
    opened = dict(
        session.execute(select(WebSession.user_id, func.count()).where(is_open).group_by(WebSession.user_id)).all()
    )
    users = list_users(session)
    accounts = {user.id: hash_account(user.email) for user in users}
    attempt = SignInAttempt
    signed_in = select(attempt.account, func.max(attempt.at)).where(
        attempt.account.in_(accounts.values()), attempt.outcome != "failed"
    )
    last = dict(session.execute(signed_in.group_by(attempt.account)).all())
    return [
        Member(
            user.id,
            user.email,
            user.role,
            user.active,
            user.password is not None,
            last.get(accounts[user.id]),
            opened.get(user.id, 0) if user.active else 0,
        )
        for user in users
    ]


def hash_account(email: str) -> bytes:
    """Hash an e-mail address for the table of sign-in attempts."""
    return field_cipher.hash(f"sign-in account {email}")


def list_recent_events(session: Session, limit: int) -> Sequence[Event]:
    """List the latest changes of users, newest first."""
    return session.scalars(select(Event).where(Event.user_id.is_not(None)).order_by(Event.id.desc()).limit(limit)).all()


def find_emails(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Find the e-mail addresses of existing users by id."""
    return {row.id: row.email for row in session.execute(select(User.id, User.email).where(User.id.in_(ids)))}
