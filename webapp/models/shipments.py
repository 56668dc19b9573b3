"""Shipments and their parcels."""

from collections import Counter
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime


class Shipment(Base):
    __tablename__ = "shipments"
    __table_args__ = (Index("ix_shipments_created", "created_at", "id"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When it was handed to the carrier, if entered; else when it was created.
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    parcels: Mapped[list["Parcel"]] = relationship(order_by="Parcel.id", back_populates="shipment")

    @property
    def quantities(self) -> dict[int, int]:
        """Return the units by order line id, over all parcels."""
        sums: Counter[int] = Counter()
        for parcel in self.parcels:
            sums.update({item.order_item_id: item.quantity for item in parcel.items})
        return dict(sums)


class Parcel(Base):
    """`reference` identifies a parcel of an order at Amazon: submitting it again edits that parcel."""

    __tablename__ = "parcels"
    __table_args__ = (UniqueConstraint("order_id", "reference"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipments.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    reference: Mapped[int]
    # Amazon's code of the carrier, "Other" if it has none; empty if unknown.
    carrier: Mapped[str] = mapped_column(String(40), default="")
    title: Mapped[str] = mapped_column(String(100), default="")
    # The carrier's service, by default the service level the buyer chose.
    shipping_method: Mapped[str] = mapped_column(String(100), default="", server_default="")
    # Without spaces and in capitals; empty for a parcel that is not tracked.
    tracking_number: Mapped[str] = mapped_column(String(100), default="", index=True)
    # The doubt about the number that a user resolved by confirming it (a code of `messages`), or empty.
    tracking_warning: Mapped[str] = mapped_column(String(40), default="", server_default="")

    shipment: Mapped[Shipment] = relationship(back_populates="parcels")
    items: Mapped[list["ParcelItem"]] = relationship(order_by="ParcelItem.id")


class ParcelItem(Base):
    __tablename__ = "parcel_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcels.id"), index=True)
    order_item_id: Mapped[int] = mapped_column(ForeignKey("order_items.id"))
    quantity: Mapped[int]
    # The Transparency code of each unit, where Amazon asks for them.
    transparency_codes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
