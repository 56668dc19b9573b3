"""Mails to buyers. The table is the outbox, and keeps sent mails."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime
from webapp.db.encryption import Encrypted
from webapp.models.orders import Order


class Mail(Base):
    """`state` follows `domain/mail/state_machine.TRANSITIONS`. A template's text is rendered on sending, and kept."""

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_created", "created_at", "id"),
        Index("ix_mails_state_created", "state", "created_at"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    # email: to the relay address; amazon: through Amazon's Messaging.
    via: Mapped[str] = mapped_column(String(10), default="email")
    # One of `domain/mail/state_machine.KINDS`, or Amazon's kind of a message through Amazon.
    kind: Mapped[str] = mapped_column(String(40))
    # The id in the table given by `kind`.
    document_id: Mapped[int | None]
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    language: Mapped[str] = mapped_column(String(20), default="")
    recipient: Mapped[str | None] = mapped_column(Encrypted)
    # None until it is sent, where the template writes it.
    subject: Mapped[str | None] = mapped_column(Encrypted)
    body: Mapped[str | None] = mapped_column(Encrypted)
    # Whether the document is attached as a PDF.
    attach: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10))
    # When it is looked at next; None when it has ended.
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    # Why it waits or failed: a code of `messages`, and the server's or Amazon's message, which may contain the address.
    cause: Mapped[str | None] = mapped_column(String(40))
    error_message: Mapped[str | None] = mapped_column(Encrypted)
    # The same for all attempts, so that a server can detect a duplicate.
    message_id: Mapped[str | None] = mapped_column(String(300))
    # A form's own number: sent twice, it makes one mail.
    idempotency_key: Mapped[str | None] = mapped_column(String(40), unique=True)
    actor: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Since when it waits in line; a retry begins anew.
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When a user released it during a fence (`models/fences`).
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    order: Mapped[Order] = relationship()


class MessageOffer(Base):
    """The messages Amazon allows for an order: requested by a user, fetched by a job, valid for minutes."""

    __tablename__ = "message_offers"

    amazon_order_id: Mapped[int] = mapped_column(
        ForeignKey("amazon_orders.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    # Amazon's kinds, separated by commas.
    kinds: Mapped[str] = mapped_column(String(1000), default="")
    cause: Mapped[str | None] = mapped_column(String(40))
    error_message: Mapped[str | None] = mapped_column(String(1000))
