"""Mail settings: the server, the senders, and customized templates."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime
from webapp.db.encryption import Encrypted


class MailServer(Base):
    """One row, with the id 1."""

    __tablename__ = "mail_server"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    # none, starttls, tls
    security: Mapped[str] = mapped_column(String(10))
    username: Mapped[str] = mapped_column(String(255), default="")
    password: Mapped[str | None] = mapped_column(Encrypted)
    # Somebody allowed the password to be sent to another machine without encryption.
    plain_sign_in: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The default sender, for stores without their own.
    address: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100), default="")
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Why nothing can be sent (a code of `messages`), until something was.
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_message: Mapped[str | None] = mapped_column(Encrypted)
    error_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailSender(Base):
    """A store's own sender, in place of the default one."""

    __tablename__ = "mail_senders"

    store_id: Mapped[int] = mapped_column(
        ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    address: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100), default="")
    reply_to: Mapped[str] = mapped_column(String(254), default="")


class MailTemplate(Base):
    """A template changed by a user; without a row, the default applies."""

    __tablename__ = "mail_templates"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(40))
