"""Reading users and the links that let them in."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from webapp.models.users import SignInLink, User


class Link(NamedTuple):
    """A usable link. `email` is empty for the first one, since nobody is there yet."""

    kind: str
    user_id: int | None
    email: str


def digest(token: str) -> bytes:
    """What is stored of a token that has 256 random bits: they leave nothing to guess, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).digest()


def anybody(session: Session) -> bool:
    """Whether there is a user at all; without one this is the first start."""
    return bool(session.scalar(select(exists().where(User.id.is_not(None)))))


def every(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.email)).all()


def by_email(session: Session, email: str) -> User | None:
    """`email` in its normal spelling."""
    return session.scalar(select(User).where(User.email == email))


def link(session: Session, token: str, now: datetime) -> Link | None:
    """What a link would do; None when it was used, is too old, was replaced, or never was."""
    row = session.execute(
        select(SignInLink.kind, SignInLink.user_id, User.email, User.active)
        .outerjoin(User, User.id == SignInLink.user_id)
        .where(SignInLink.token_hash == digest(token), SignInLink.expires_at > now)
    ).one_or_none()
    if row is None or (row.active is False) or (row.kind == "first" and anybody(session)):
        return None
    return Link(row.kind, row.user_id, row.email or "")


def emails(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """The addresses of these users by id, of those there are."""
    return {row.id: row.email for row in session.execute(select(User.id, User.email).where(User.id.in_(ids)))}
