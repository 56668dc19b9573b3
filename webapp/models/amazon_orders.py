"""Amazon orders: our copy of Amazon's data, changed by imports only, except the corrected address and the note."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import (
    AUTOINCREMENT,
    WORD,
    Base,
    UtcDateTime,
)
from webapp.db.encryption import Encrypted, EncryptedJson
from webapp.domain.amazon import statuses
from webapp.domain.common.money import Money
from webapp.models.stores import Store


def _only(sqlite: str, postgresql: str = "") -> dict[str, Any]:
    """Return the arguments of a partial index; SQLite and PostgreSQL may need different conditions."""
    return {"sqlite_where": text(sqlite), "postgresql_where": text(postgresql or sqlite)}


# The rows of the index of open orders. A query uses it if its text contains one of these statuses.
_WAITING = " OR ".join(f"status = '{status}'" for status in statuses.OPEN)


class AmazonOrder(Base):
    __tablename__ = "amazon_orders"
    __table_args__ = (
        UniqueConstraint("account_id", "number"),
        Index("ix_amazon_orders_purchased", "purchased_at", "id"),
        Index("ix_amazon_orders_store_purchased", "store_id", "purchased_at", "id"),
        Index("ix_amazon_orders_status_purchased", "status", "purchased_at", "id"),
        Index("ix_amazon_orders_number", "number"),
        # One for each order a grid offers, and for what a dashboard counts.
        Index("ix_amazon_orders_status", "status", "id"),
        Index("ix_amazon_orders_ship_by", "ship_by", "id"),
        Index("ix_amazon_orders_total", "total", "id"),
        Index("ix_amazon_orders_waiting", "store_id", "status", "fulfilled_by", "ship_by", **_only(_WAITING)),
        # One for each filter of the grid, in the order it opens with; the work of the day by the time it has to leave.
        Index("ix_amazon_orders_channel_purchased", "fulfilled_by", "purchased_at", "id"),
        Index("ix_amazon_orders_status_ship_by", "status", "ship_by", "id"),
        Index("ix_amazon_orders_prime", "purchased_at", "id", **_only("prime IS 1", "prime IS true")),
        Index("ix_amazon_orders_business", "purchased_at", "id", **_only("business IS 1", "business IS true")),
        Index("ix_amazon_orders_handling", "purchased_at", "id", **_only("handling IS NOT NULL")),
        Index("ix_amazon_orders_blocked", "purchased_at", "id", **_only("blocked IS NOT NULL")),
        # What a store's attention is called to.
        Index("ix_amazon_orders_blocked_store", "store_id", "blocked", **_only("blocked IS NOT NULL")),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[str] = mapped_column(String(WORD))
    status: Mapped[str] = mapped_column(String(WORD))
    fulfilled_by: Mapped[str] = mapped_column(String(WORD))
    purchased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ship_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    earliest_ship_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deliver_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    service_level: Mapped[str | None] = mapped_column(String(WORD))
    currency: Mapped[str | None] = mapped_column(String(3))
    # Amazon's grand total in minor units; NULL while unknown.
    total: Mapped[int | None] = mapped_column(BigInteger)
    components: Mapped[list[Any]] = mapped_column(JSON, default=list)
    quantity: Mapped[int] = mapped_column(default=0)
    quantity_shipped: Mapped[int] = mapped_column(default=0)
    programs: Mapped[list[str]] = mapped_column(JSON, default=list)
    prime: Mapped[bool] = mapped_column(default=False)
    business: Mapped[bool] = mapped_column(default=False)
    payment_methods: Mapped[list[str]] = mapped_column(JSON, default=list)
    replaces: Mapped[str | None] = mapped_column(String(WORD))
    # Codes of `domain/amazon/order_details.py`, separated and surrounded by spaces: ` age_check customized `.
    handling: Mapped[str | None] = mapped_column(String(200))
    # The fields of `domain/amazon/order_details.py`, for the order and for its lines.
    details: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)

    buyer_name: Mapped[str | None] = mapped_column(Encrypted)
    # email, company, purchase_order_number.
    buyer: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson)
    recipient: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson)
    # The corrected address, used here only and never sent to Amazon.
    recipient_override: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson)

    # The buyer has asked the seller to cancel; the reason is free text, and not always given.
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    cancel_reason: Mapped[str | None] = mapped_column(Encrypted)
    cancelled_by: Mapped[str | None] = mapped_column(String(WORD))

    # Stock is held for it while Amazon checks the payment.
    reserved: Mapped[bool] = mapped_column(default=False)
    # Why no Order could be made of it (a code of `messages`); tried again at each sync.
    blocked: Mapped[str | None] = mapped_column(String(40))
    # The last thing that happened to it, as a code of `messages` with its arguments.
    note: Mapped[str | None] = mapped_column(String(40))
    note_args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    # Optional fields that were not as Amazon promises: [path, code of `messages`, Amazon's value or None].
    invalid_fields: Mapped[list[Any]] = mapped_column(JSON, default=list)

    # SHA-256 of the body Amazon sent last.
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    version: Mapped[int] = mapped_column(default=1)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When the order was last read, alone or in a page, during an import or an open submission.
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    store: Mapped[Store] = relationship()
    items: Mapped[list["AmazonOrderItem"]] = relationship(order_by="AmazonOrderItem.id", back_populates="amazon_order")
    packages: Mapped[list["AmazonPackage"]] = relationship(order_by="AmazonPackage.id")
    versions: Mapped[list["AmazonOrderVersion"]] = relationship(order_by="AmazonOrderVersion.id")
    incomplete: Mapped[list["IncompleteOrder"]] = relationship(viewonly=True)

    @property
    def money(self) -> Money | None:
        return None if self.total is None or self.currency is None else Money(self.total, self.currency)


class AmazonOrderItem(Base):
    __tablename__ = "amazon_order_items"
    __table_args__ = (UniqueConstraint("amazon_order_id", "order_item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    amazon_order_id: Mapped[int] = mapped_column(ForeignKey("amazon_orders.id", ondelete="CASCADE"))
    order_item_id: Mapped[str] = mapped_column(String(WORD))
    sku: Mapped[str | None] = mapped_column(String(WORD))
    asin: Mapped[str | None] = mapped_column(String(WORD))
    title: Mapped[str | None] = mapped_column(Text)
    condition: Mapped[str | None] = mapped_column(String(WORD))
    quantity: Mapped[int]
    quantity_shipped: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str | None] = mapped_column(String(3))
    unit_price: Mapped[int | None] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    # Amazon's own parts, verbatim: [type, subtype, minor units].
    components: Mapped[list[Any]] = mapped_column(JSON, default=list)
    gift: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson)

    amazon_order: Mapped[AmazonOrder] = relationship(back_populates="items")


class AmazonPackage(Base):
    """A parcel at Amazon: the proof that a tracking number arrived."""

    __tablename__ = "amazon_packages"
    __table_args__ = (UniqueConstraint("amazon_order_id", "reference"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    amazon_order_id: Mapped[int] = mapped_column(ForeignKey("amazon_orders.id", ondelete="CASCADE"))
    reference: Mapped[str] = mapped_column(String(WORD))
    status: Mapped[str | None] = mapped_column(String(WORD))
    carrier: Mapped[str | None] = mapped_column(String(WORD))
    shipping_service: Mapped[str | None] = mapped_column(String(WORD))
    tracking_number: Mapped[str | None] = mapped_column(String(WORD), index=True)
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # [order item id, quantity] for each line in the parcel.
    items: Mapped[list[Any]] = mapped_column(JSON, default=list)


class AmazonOrderVersion(Base):
    """An order exactly as Amazon sent it, kept for its history."""

    __tablename__ = "amazon_order_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    amazon_order_id: Mapped[int] = mapped_column(ForeignKey("amazon_orders.id", ondelete="CASCADE"), index=True)
    last_updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    body: Mapped[Any] = mapped_column(EncryptedJson)


class QuarantinedOrder(Base):
    """An order that could not be parsed, kept with the reason until a later version can be."""

    __tablename__ = "quarantined_orders"
    __table_args__ = (
        UniqueConstraint("account_id", "digest"),
        Index("ix_quarantined_number", "account_id", "number"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    number: Mapped[str | None] = mapped_column(String(WORD))
    cause: Mapped[str] = mapped_column(String(300))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    body: Mapped[Any] = mapped_column(EncryptedJson)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    times_seen: Mapped[int] = mapped_column(default=1)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IncompleteOrder(Base):
    """A dataset missing from the last read of an Amazon order, which is read again once Amazon provides it."""

    __tablename__ = "incomplete_orders"
    __table_args__ = (Index("ix_incomplete_orders_due", "account_id", "dataset", "next_try_at"),)

    amazon_order_id: Mapped[int] = mapped_column(
        ForeignKey("amazon_orders.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    dataset: Mapped[str] = mapped_column(String(20), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
