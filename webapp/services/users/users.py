"""Users: creating and disabling them, sign-in links, ending their sessions."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.core.settings import Settings
from webapp.domain.errors import InvalidError, RefusedError, require
from webapp.domain.users.credentials import check_role, clean_email, normalize_email
from webapp.domain.users.permissions import OWNER
from webapp.domain.users.preferences import Preferences, check_preferences
from webapp.models.users import SignInLink, User, WebSession
from webapp.queries import users
from webapp.services import audit_log

LINK_LIFETIME = timedelta(hours=24)
DEMO_EMAIL = "owner@demo.example"


def create_user(
    session: Session, email: str, role: str, password_hash: str | None, now: datetime, actor: str = "cli"
) -> User:
    """Add a user. Raises InvalidError for a malformed or taken address and for an unknown role."""
    user = _add(session, email, role, password_hash, now, actor)
    session.commit()
    return user


def make_sign_in_link(
    session: Session, settings: Settings, now: datetime, email: str | None = None, actor: str = "cli"
) -> str:
    """Create a sign-in link that works once within 24 hours, and return its URL. Older links of its kind are deleted.

    Without `email` the link creates the first owner; raises RefusedError if there is a user. With it the link lets that
    user set a new password; raises NotFoundError if there is no such user, RefusedError if they are disabled.
    """
    if email is None:
        if users.has_users(session):
            raise RefusedError("not_first_start")
        return _make_link(session, settings, now, "first", None, actor)
    user = require(users.find_by_email(session, normalize_email(email)), "user_unknown")
    if not user.active:
        raise RefusedError("user_disabled")
    return _make_link(session, settings, now, "password", user.id, actor)


def make_demo_link(session: Session, settings: Settings, now: datetime) -> str:
    """Create a link that signs in the owner of a demo, and return its URL. Only for `channeldesk demo`."""
    user = users.find_by_email(session, DEMO_EMAIL) or _add(session, DEMO_EMAIL, OWNER, None, now, "cli")
    return _make_link(session, settings, now, "demo", user.id, "cli")


def use_link(session: Session, token: str, now: datetime, email: str = "", password_hash: str | None = None) -> User:
    """Use a link: create the first owner, or set the user's new password, which ends their other sessions. Commits.

    Raises RefusedError for a used or expired link, and InvalidError like `create_user`.
    """
    link = users.find_link(session, token, now)
    statement = delete(SignInLink).where(SignInLink.token_hash == users.digest_token(token)).returning(SignInLink.kind)
    if link is None or session.execute(statement).one_or_none() is None:
        session.rollback()
        raise RefusedError("link_gone")
    if link.kind == "first":
        user = _add(session, email, OWNER, password_hash, now, "link")
    else:
        user = session.get_one(User, link.user_id)
    if link.kind == "password":
        user.password = password_hash
        audit_log.record(
            session, "password_set", now=now, actor=f"user:{user.id}", user_id=user.id, args={"user": user.id}
        )
        session.execute(delete(WebSession).where(WebSession.user_id == user.id))
    session.commit()
    return user


def change_role(session: Session, user_id: int, role: str, *, now: datetime, actor: str) -> User:
    """Change the role of a user, from their next request on. Commits.

    Raises InvalidError for an unknown role, NotFoundError, and RefusedError for the last active owner.
    """
    check_role(role)
    owners = _lock_active_owners(session)
    user = _load(session, user_id)
    if user.role == role:
        session.rollback()
        return _load(session, user_id)
    if owners == [user.id]:
        session.rollback()
        raise RefusedError("last_owner")
    args = {"user": user.id, "before": user.role, "role": role}
    user.role = role
    audit_log.record(session, "user_role_changed", now=now, actor=actor, user_id=user.id, args=args)
    session.commit()
    return user


def disable(session: Session, user_id: int, *, now: datetime, actor: str) -> User:
    """Disable a user, and end their sessions and sign-in links. Commits.

    Raises NotFoundError, and RefusedError for the last active owner.
    """
    owners = _lock_active_owners(session)
    user = _load(session, user_id)
    if owners == [user.id]:
        session.rollback()
        raise RefusedError("last_owner")
    if user.active:
        user.active = False
        audit_log.record(session, "user_was_disabled", now=now, actor=actor, user_id=user.id, args={"user": user.id})
    session.execute(delete(SignInLink).where(SignInLink.user_id == user.id))
    _end_sessions(session, user.id)
    session.commit()
    return user


def enable(session: Session, user_id: int, *, now: datetime, actor: str) -> User:
    """Let a disabled user sign in again. Commits. Raises NotFoundError."""
    user = _load(session, user_id)
    if not user.active:
        user.active = True
        # A sign-in during the disabling may have created a session.
        _end_sessions(session, user.id)
        audit_log.record(session, "user_was_enabled", now=now, actor=actor, user_id=user.id, args={"user": user.id})
    session.commit()
    return user


def sign_out_everywhere(session: Session, user_id: int, *, now: datetime, actor: str) -> int:
    """End all sessions of a user. Commits. Returns how many there were. Raises NotFoundError."""
    user = _load(session, user_id)
    count = _end_sessions(session, user.id)
    audit_log.record(
        session, "user_signed_out", now=now, actor=actor, user_id=user.id, args={"user": user.id, "sessions": count}
    )
    session.commit()
    return count


def save_preferences(session: Session, user_id: int, values: Mapping[str, str]) -> Preferences:
    """Change some display preferences of a user and return all. Commits. Raises InvalidError, naming the field."""
    user = _load(session, user_id)
    preferences = check_preferences(Preferences.from_stored(user.preferences).to_stored() | dict(values))
    user.preferences = preferences.to_stored()
    session.commit()
    return preferences


def change_password(session: Session, user_id: int, password_hash: str, *, kept: bytes | None, now: datetime) -> None:
    """Set a user's new password and end their sessions except `kept`, and their sign-in links. Commits."""
    user = _load(session, user_id)
    user.password = password_hash
    session.execute(delete(WebSession).where(WebSession.user_id == user_id, WebSession.id_hash != (kept or b"")))
    session.execute(delete(SignInLink).where(SignInLink.user_id == user_id))
    audit_log.record(
        session, "password_changed", now=now, actor=f"user:{user_id}", user_id=user_id, args={"user": user_id}
    )
    session.commit()


def end_session(session: Session, user_id: int, key: bytes, *, now: datetime) -> None:
    """End one session of a user. Commits. Raises NotFoundError if it has ended already."""
    ended = session.execute(
        delete(WebSession).where(WebSession.user_id == user_id, WebSession.id_hash == key).returning(WebSession.id_hash)
    )
    require(ended.one_or_none(), "session_unknown")
    audit_log.record(
        session,
        "user_signed_out",
        now=now,
        actor=f"user:{user_id}",
        user_id=user_id,
        args={"user": user_id, "sessions": 1},
    )
    session.commit()


def end_other_sessions(session: Session, user_id: int, kept: bytes | None, *, now: datetime) -> int:
    """End all sessions of a user except `kept`, and return how many there were. Commits."""
    others = delete(WebSession).where(WebSession.user_id == user_id, WebSession.id_hash != (kept or b""))
    count = len(session.execute(others.returning(WebSession.id_hash)).all())
    if count:
        args = {"user": user_id, "sessions": count}
        audit_log.record(session, "user_signed_out", now=now, actor=f"user:{user_id}", user_id=user_id, args=args)
    session.commit()
    return count


def _lock_active_owners(session: Session) -> list[int]:
    """Lock the active owners and return their ids, so that concurrent changes always leave one owner."""
    owners = select(User.id).where(User.role == OWNER, User.active).order_by(User.id).with_for_update()
    return list(session.scalars(owners))


def _load(session: Session, user_id: int) -> User:
    return require(session.get(User, user_id, populate_existing=True), "user_unknown")


def _end_sessions(session: Session, user_id: int) -> int:
    ended = session.execute(delete(WebSession).where(WebSession.user_id == user_id).returning(WebSession.id_hash))
    return len(ended.all())


def update_hash(session: Session, user_id: int, password_hash: str) -> None:
    """Store a new hash of the same password, after the hash parameters have changed. Commits."""
    session.execute(update(User).where(User.id == user_id).values(password=password_hash))
    session.commit()


def _add(session: Session, email: str, role: str, password_hash: str | None, now: datetime, actor: str) -> User:
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
    audit_log.record(
        session, "user_created", now=now, actor=actor, user_id=user.id, args={"user": user.id, "role": role}
    )
    return user


def _make_link(session: Session, settings: Settings, now: datetime, kind: str, user_id: int | None, actor: str) -> str:
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignInLink).where(SignInLink.kind == kind, SignInLink.user_id == user_id))
    session.execute(delete(SignInLink).where(SignInLink.expires_at <= now))
    session.add(
        SignInLink(token_hash=users.digest_token(token), kind=kind, user_id=user_id, expires_at=now + LINK_LIFETIME)
    )
    if user_id is not None:
        audit_log.record(session, "link_made", now=now, actor=actor, user_id=user_id, args={"user": user_id})
    session.commit()
    return f"{settings.address}/sign-in/{token}"
