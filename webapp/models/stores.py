"""A store: an account in one marketplace, with its order settings."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime
from webapp.domain.common import marketplaces
from webapp.domain.common.marketplaces import Marketplace
from webapp.models.accounts import Account


class Store(Base):
    __tablename__ = "stores"
    __table_args__ = (UniqueConstraint("account_id", "marketplace_id"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    marketplace_id: Mapped[str] = mapped_column(String(20))
    # What Amazon says of a marketplace that this release does not know, as JSON; NULL for all others.
    marketplace_facts: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    # The name as an address: /stores/<slug>.
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_synced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Orders placed earlier are shown, but no Order is made of them.
    orders_from: Mapped[datetime] = mapped_column(UtcDateTime)

    # Order settings, described in `domain/accounts/store_settings.py`.
    import_orders: Mapped[bool] = mapped_column(default=True)
    customer_creation: Mapped[str] = mapped_column(String(10), default="guest")
    order_number_source: Mapped[str] = mapped_column(String(10), default="own")
    pending_orders: Mapped[str] = mapped_column(String(20), default="reserve")
    order_status: Mapped[str] = mapped_column(String(10), default="default")
    processing_status: Mapped[str] = mapped_column(String(40), default="")
    auto_invoice: Mapped[bool] = mapped_column(default=True)
    # Whether the buyer of each new order gets an e-mail from us in addition to Amazon's.
    order_mails: Mapped[bool] = mapped_column(default=False)
    unready_products: Mapped[str] = mapped_column(String(10), default="create")
    # Amazon is given each invoice to show to its buyer, where it takes them.
    upload_invoices: Mapped[bool] = mapped_column(default=False)
    # Amazon's VAT Calculation Service makes the invoices, so none is uploaded.
    vat_calculation_service: Mapped[bool] = mapped_column(default=False, server_default=false())

    # Document and mail settings, described in `domain/accounts/document_settings.py`.
    language: Mapped[str] = mapped_column(String(8), default="en")
    documents_sender: Mapped[str] = mapped_column(Text, default="")
    documents_tax_number: Mapped[str] = mapped_column(String(60), default="")
    documents_footer: Mapped[str] = mapped_column(Text, default="")

    account: Mapped[Account] = relationship(back_populates="stores")

    @property
    def marketplace(self) -> Marketplace:
        return marketplaces.get(self.marketplace_id, self.marketplace_facts)


class StoreName(NamedTuple):
    """The few store columns that lists and filters need."""

    id: int
    account_id: int
    marketplace_id: str
    name: str
    slug: str
    import_orders: bool
    marketplace_facts: str | None

    @property
    def marketplace(self) -> Marketplace:
        return marketplaces.get(self.marketplace_id, self.marketplace_facts)
