"""Shipping labels bought from Amazon, the package presets and the sender address of a store."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import AUTOINCREMENT, WORD, Base, UtcDateTime
from webapp.db.encryption import EncryptedBytes
from webapp.domain.common.money import Money
from webapp.domain.shipping.labels import Package, SenderAddress, ServiceOffer
from webapp.models.orders import Order
from webapp.models.stores import Store

_BUYING = "state IN ('queued', 'sending', 'unknown')"


class ShippingLabel(Base):
    """`state` follows `domain/shipping/labels.TRANSITIONS`. The table is the outbox of purchases and refunds."""

    __tablename__ = "shipping_labels"
    __table_args__ = (
        # At most one purchase of an order at a time, even with simultaneous requests.
        Index(
            "uq_shipping_labels_buying",
            "order_id",
            unique=True,
            sqlite_where=text(_BUYING),
            postgresql_where=text(_BUYING),
        ),
        Index("ix_shipping_labels_due", "account_id", "due_at"),
        Index("ix_shipping_labels_batch", "batch_id", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    # The bulk action that requested it. No foreign key: bulk actions are deleted earlier.
    batch_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(20))
    # `Package.as_json`.
    package: Mapped[dict[str, Any]] = mapped_column(JSON)
    # {order line id: quantity}
    quantities: Mapped[dict[str, int]] = mapped_column(JSON)
    label_format: Mapped[str] = mapped_column(String(10))
    # The rule that selects the service; empty: a person does.
    rule: Mapped[str] = mapped_column(String(20), default="")
    # `ServiceOffer.as_json` of each; deleted when the label has been bought.
    offers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    # What Amazon does not offer, for display: [["UPS Standard", "too heavy"]].
    rejected: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    offered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The offer that was chosen.
    offer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    carrier: Mapped[str] = mapped_column(String(WORD), default="")
    service: Mapped[str] = mapped_column(String(WORD), default="")
    price: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="")
    tracking_number: Mapped[str] = mapped_column(String(WORD), default="")
    # Amazon's id of the shipment; None where the answer was lost.
    amazon_shipment_id: Mapped[str | None] = mapped_column(String(WORD))
    # References of the packages that Amazon showed before the purchase.
    packages_before: Mapped[list[str]] = mapped_column(JSON, default=list)
    # The label contains the buyer's name and address.
    document: Mapped[bytes | None] = mapped_column(EncryptedBytes)
    document_type: Mapped[str] = mapped_column(String(40), default="")
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipments.id"), index=True)
    # Why it failed or waits, as a code of `messages`, and Amazon's message.
    cause: Mapped[str | None] = mapped_column(String(40))
    message: Mapped[str | None] = mapped_column(String(1000))
    request_id: Mapped[str | None] = mapped_column(String(WORD))
    # When a job looks at it next; None when nothing is left to do, or a person has to decide.
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    ship_anyway: Mapped[bool] = mapped_column(default=False)
    actor: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bought_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    order: Mapped[Order] = relationship()

    @property
    def money(self) -> Money | None:
        return None if self.price is None else Money(self.price, self.currency)

    def get_chosen_offer(self) -> ServiceOffer:
        """Return the offer that was chosen. Raises ValueError before one was."""
        if self.offer is None:
            raise ValueError(f"No service was chosen for label {self.id}.")
        return ServiceOffer.from_json(self.offer)

    @property
    def service_offers(self) -> list[ServiceOffer]:
        return [ServiceOffer.from_json(row) for row in self.offers]


class PackagePreset(Base):
    """A package of a store that is used often."""

    __tablename__ = "package_presets"
    __table_args__ = (Index("uq_package_presets_store_name", "store_id", "name", unique=True), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str] = mapped_column(String(60))
    package: Mapped[dict[str, Any]] = mapped_column(JSON)

    store: Mapped[Store] = relationship()

    @property
    def size(self) -> Package:
        return Package(**self.package)


class LabelSender(Base):
    """The address that the labels of a store are sent from. It is the seller's own."""

    __tablename__ = "label_senders"

    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100))
    line1: Mapped[str] = mapped_column(String(100))
    line2: Mapped[str] = mapped_column(String(100), default="")
    city: Mapped[str] = mapped_column(String(60))
    region: Mapped[str] = mapped_column(String(60), default="")
    postal_code: Mapped[str] = mapped_column(String(20))
    country_code: Mapped[str] = mapped_column(String(2))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(30))

    @property
    def address(self) -> SenderAddress:
        return SenderAddress(
            self.name,
            self.line1,
            self.line2,
            self.city,
            self.region,
            self.postal_code,
            self.country_code,
            self.email,
            self.phone,
        )
