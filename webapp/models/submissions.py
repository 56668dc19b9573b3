"""Submissions: changes sent to Amazon and tracked until verified. The table is the outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import (
    AUTOINCREMENT,
    WORD,
    Base,
    UtcDateTime,
)
from webapp.models.amazon_orders import AmazonOrder

_ONLY_OPEN: dict[str, Any] = {"sqlite_where": text("open"), "postgresql_where": text("open")}


class Submission(Base):
    """`state` as in `domain/submissions/state_machine`; `open` is true until it has ended (partial index)."""

    __tablename__ = "submissions"
    __table_args__ = (
        # At most one open submission of a kind per subject, even with simultaneous requests.
        Index("uq_submissions_open", "amazon_order_id", "kind", "subject", unique=True, **_ONLY_OPEN),
        Index("ix_submissions_due", "open", "account_id", "due_at"),
        Index("ix_submissions_requested", "requested_at", "id"),
        # What needs a person, however old.
        Index("ix_submissions_state", "state", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    amazon_order_id: Mapped[int] = mapped_column(ForeignKey("amazon_orders.id"), index=True)
    # Which one of its order it is about: the id of the parcel, of the credit memo …; empty for the order as a whole.
    subject: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(20))
    open: Mapped[bool] = mapped_column(default=True)
    # The request, for a cancellation {"reason": "NoInventory"}. `conflict_overridden`: a user sent it anyway.
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # The order as it was when the change was requested, to be compared with what Amazon reports later.
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    requested_by: Mapped[str] = mapped_column(String(40))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # End of the undo window; nothing is sent before.
    undo_until: Mapped[datetime] = mapped_column(UtcDateTime)
    # When it is checked next.
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # How often the present step has been tried.
    tries: Mapped[int] = mapped_column(default=0)
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feeds.id"), index=True)
    message_id: Mapped[int | None]
    # Amazon's message, or our code in `cause` if it was not sent.
    message: Mapped[str | None] = mapped_column(Text)
    cause: Mapped[str | None] = mapped_column(String(40))
    request_id: Mapped[str | None] = mapped_column(String(WORD))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When a user released it during a fence (`models/fences`).
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    amazon_order: Mapped[AmazonOrder] = relationship()
    feed: Mapped["Feed | None"] = relationship(back_populates="submissions")


class Feed(Base):
    """One document sent to Amazon with many submissions in it.

    `state`: preparing (may be repeated), sending (createFeed was called or about to be: look before acting), sent,
    done, failed. Without submissions, feeds found at Amazon that this database did not create: unknown (a person has
    to look), foreign (a person has).
    """

    __tablename__ = "feeds"
    __table_args__ = (Index("ix_feeds_account_state", "account_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    feed_type: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(20))
    # SHA-256 of the document, as hex.
    digest: Mapped[str | None] = mapped_column(String(64))
    document_id: Mapped[str | None] = mapped_column(String(WORD))
    # Messages or lines of the document, as Amazon's report counts them.
    records: Mapped[int | None]
    marketplace_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    # Amazon's own clock when it had the document: it made it a feed after that.
    uploaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    amazon_feed_id: Mapped[str | None] = mapped_column(String(WORD), index=True)
    amazon_status: Mapped[str | None] = mapped_column(String(WORD))
    request_id: Mapped[str | None] = mapped_column(String(WORD))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sending_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    submissions: Mapped[list[Submission]] = relationship(back_populates="feed", order_by="Submission.message_id")
