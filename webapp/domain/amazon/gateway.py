"""What the verbs ask of Amazon. `webapp/amazon` answers it; the verbs are handed the answerer and know no HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from webapp.domain.amazon.types import (
    AmazonOrder,
    Cancellation,
    Feed,
    FeedReport,
    OrderPage,
    PreparedFeed,
)
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.invoicing.vat_invoices import VatInvoice
from webapp.domain.shipping.carriers import Parcel


class AmazonPort(Protocol):
    """Speaks for one account. Every method raises a typed `AmazonError`; none answers without Amazon's proof."""

    def amazon_time(self) -> datetime | None:
        """What Amazon's clock shows now, by its latest answer; None before the first."""
        ...

    def search_orders(
        self,
        *,
        updated_after: datetime,
        updated_before: datetime | None = None,
        marketplace_ids: Sequence[str],
        token: str | None = None,
        missing: frozenset[str] = frozenset(),
        refused: frozenset[str] = frozenset(),
    ) -> OrderPage:
        """`missing`: datasets to leave out. `refused`: those Amazon refused last time, left out if it does so again."""
        ...

    def get_order(self, number: str, missing: frozenset[str] = frozenset()) -> AmazonOrder: ...

    def prepare_cancellations(
        self, marketplace_ids: Sequence[str], cancellations: Sequence[Cancellation]
    ) -> PreparedFeed: ...

    def prepare_refunds(self, marketplace_ids: Sequence[str], refunds: Sequence[Refund]) -> PreparedFeed:
        """Refunds nothing yet. The report names each by its place in `refunds`, counted from 1."""
        ...

    def prepare_vat_invoice(self, marketplace_id: str, invoice: VatInvoice, pdf: bytes) -> PreparedFeed: ...

    def create_feed(self, prepared: PreparedFeed) -> Feed:
        """Not to be repeated blindly: raises LostAnswer when it may have been carried out."""
        ...

    def find_feeds(self, feed_type: str, created_since: datetime) -> Sequence[Feed]: ...

    def feed(self, feed_id: str) -> Feed: ...

    def feed_report(self, feed: Feed) -> FeedReport: ...

    def cancel_order(self, number: str, reason: str) -> None:
        """Ask through REST. Raises Forbidden or NotThere where it is not open, LostAnswer as above."""
        ...

    def confirm_shipment(self, number: str, marketplace_id: str, parcel: Parcel) -> None:
        """Tell of one parcel. After LostAnswer the same parcel may be told again: its reference keeps it one."""
        ...

    def allowed_messages(self, number: str, marketplace_id: str) -> tuple[str, ...]:
        """The kinds of messages Amazon lets the seller send for the order now, in its own words."""
        ...

    def send_message(self, number: str, marketplace_id: str, kind: str, text: str) -> None:
        """Not to be repeated blindly: raises LostAnswer when the buyer may have got it."""
        ...
