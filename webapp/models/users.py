"""Users, their sign-in links and attempts, and their sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime
from webapp.db.encryption import EncryptedJson


class User(Base):
    """`email` is stored in its normal form. Without a `password`, the user signs in by link only."""

    __tablename__ = "users"
    __table_args__ = AUTOINCREMENT

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Flask-Security's random identifier of the user.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    # The values of `domain.users.preferences.Preferences` that are not the default.
    preferences: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")


class SignInLink(Base):
    """A one-time sign-in link: `first` creates the first owner, `password` sets a new one, `demo` signs in at once."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInAttempt(Base):
    """A sign-in attempt and its outcome: failed, signed_in or by_link. `account` and `address` are keyed hashes."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "account", "at"), Index(None, "address", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account: Mapped[bytes] = mapped_column(LargeBinary(16))
    address: Mapped[bytes] = mapped_column(LargeBinary(16))
    outcome: Mapped[str] = mapped_column(String(10))


class WebSession(Base):
    """A signed-in browser. Only the hash of its cookie is stored, so the table alone grants no access."""

    __tablename__ = "sessions"

    id_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    data: Mapped[Any] = mapped_column(EncryptedJson)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
