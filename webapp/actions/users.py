"""Users: creating them, letting them in by a link, ending their sessions."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.actions import events
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.domain.permissions import OWNER
from webapp.domain.users import check_role, clean_email, normal_email
from webapp.models.users import SignInLink, User, WebSession
from webapp.queries import users
from webapp.settings import Settings

LINK_LIFETIME = timedelta(hours=24)
DEMO_EMAIL = "owner@demo.example"


def create_user(
    session: Session, email: str, role: str, password_hash: str | None, now: datetime, by: str = "cli"
) -> User:
    """Add a user. Raises InvalidError for a malformed or taken address and for an unknown role."""
    user = _add(session, email, role, password_hash, now, by)
    session.commit()
    return user


def make_sign_in_link(session: Session, settings: Settings, now: datetime, email: str | None = None) -> str:
    """The address that lets one person in, once, within 24 hours. Older links of the same kind stop working.

    Without `email` it makes the first owner: RefusedError when there is a user already. With it, it lets that user
    choose a new password: NotFoundError when there is none with this address, RefusedError when they are disabled.
    """
    if email is None:
        if users.anybody(session):
            raise RefusedError("not_first_start")
        return _make_link(session, settings, now, "first", None)
    user = users.by_email(session, normal_email(email))
    if user is None:
        raise NotFoundError("user_unknown")
    if not user.active:
        raise RefusedError("user_disabled")
    return _make_link(session, settings, now, "password", user.id)


def make_demo_link(session: Session, settings: Settings, now: datetime) -> str:
    """The address that signs in the owner of a demonstration. Only `channeldesk demo` may call this."""
    user = users.by_email(session, DEMO_EMAIL) or _add(session, DEMO_EMAIL, OWNER, None, now, "cli")
    return _make_link(session, settings, now, "demo", user.id)


def use_link(session: Session, token: str, now: datetime, email: str = "", password_hash: str | None = None) -> User:
    """Use a link up: make the first owner, or give its user the new password, which ends their other sessions.

    Raises RefusedError for a link that is used or too old, and InvalidError like `create_user`.
    """
    link = users.link(session, token, now)
    used_up = delete(SignInLink).where(SignInLink.token_hash == users.digest(token)).returning(SignInLink.kind)
    if link is None or session.execute(used_up).one_or_none() is None:
        session.rollback()
        raise RefusedError("link_gone")
    if link.kind == "first":
        user = _add(session, email, OWNER, password_hash, now, "link")
    else:
        user = session.get_one(User, link.user_id)
    if link.kind == "password":
        user.password = password_hash
        events.record(session, "password_set", now=now, by=f"user:{user.id}", args={"user": user.id})
        session.execute(delete(WebSession).where(WebSession.user_id == user.id))
    session.commit()
    return user


def update_hash(session: Session, user_id: int, password_hash: str) -> None:
    """Store the same password, hashed anew because the parameters have become stronger."""
    session.execute(update(User).where(User.id == user_id).values(password=password_hash))
    session.commit()


def _add(session: Session, email: str, role: str, password_hash: str | None, now: datetime, by: str) -> User:
    check_role(role)
    user = User(
        email=clean_email(email),
        role=role,
        password=password_hash,
        created_at=now,
        fs_uniquifier=secrets.token_hex(32),
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise InvalidError("email_taken", field="email") from None
    events.record(session, "user_created", now=now, by=by, args={"user": user.id, "role": role})
    return user


def _make_link(session: Session, settings: Settings, now: datetime, kind: str, user_id: int | None) -> str:
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignInLink).where(SignInLink.kind == kind, SignInLink.user_id == user_id))
    session.execute(delete(SignInLink).where(SignInLink.expires_at <= now))
    session.add(SignInLink(token_hash=users.digest(token), kind=kind, user_id=user_id, expires_at=now + LINK_LIFETIME))
    if user_id is not None:
        events.record(session, "link_made", now=now, by="cli", args={"user": user_id})
    session.commit()
    return f"{settings.address}/sign-in/{token}"
