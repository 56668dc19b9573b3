"""The gateway that services use to reach Amazon. `webapp/amazon` implements it; services do not know HTTP."""

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
    Report,
    TransactionPage,
)
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.invoicing.vat_invoices import VatInvoice
from webapp.domain.shipping.carriers import Parcel
from webapp.domain.shipping.labels import LabelRequest, PurchasedLabel, ServiceAnswer


class AmazonGateway(Protocol):
    """Calls of one seller account. Every method raises a typed `AmazonError` unless Amazon confirms success."""

    def amazon_time(self) -> datetime | None:
        """Return the time at Amazon, by its latest response; None before the first."""
        ...

    def last_request_id(self) -> str | None:
        """Return Amazon's id of the latest request that was answered."""
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
        """Fetch a page. `missing`: datasets to omit. `refused`: those refused last time, omitted first on a refusal."""
        ...

    def get_order(self, number: str, missing: frozenset[str] = frozenset()) -> AmazonOrder: ...

    def customization(self, url: str) -> bytes:
        """Return the ZIP file of a customized item. Raises InvalidRequest for an address that is not Amazon's."""
        ...

    def prepare_cancellations(
        self, marketplace_ids: Sequence[str], cancellations: Sequence[Cancellation]
    ) -> PreparedFeed: ...

    def prepare_refunds(self, marketplace_ids: Sequence[str], refunds: Sequence[Refund]) -> PreparedFeed:
        """Upload only. The report names each refund by its position in `refunds`, counted from 1."""
        ...

    def prepare_vat_invoice(self, marketplace_id: str, invoice: VatInvoice, pdf: bytes) -> PreparedFeed: ...

    def create_feed(self, prepared: PreparedFeed) -> Feed:
        """Create a feed. Not safe to repeat: raises OutcomeUnknown when the feed may have been created."""
        ...

    def find_feeds(self, feed_type: str, created_since: datetime) -> Sequence[Feed]: ...

    def feed(self, feed_id: str) -> Feed: ...

    def feed_report(self, feed: Feed) -> FeedReport: ...

    def transactions(
        self, *, posted_after: datetime, posted_before: datetime | None = None, token: str | None = None
    ) -> TransactionPage:
        """Return one page. Raises Forbidden without the role for payments."""
        ...

    def order_transactions(self, number: str, token: str | None = None) -> TransactionPage:
        """Return one page of the transactions of one order. Raises Forbidden without the role for payments."""
        ...

    def create_report(self, report_type: str, marketplace_ids: Sequence[str], start: datetime, end: datetime) -> Report:
        """Request a report. Safe to repeat."""
        ...

    def report(self, report_id: str) -> Report: ...

    def report_document(self, report: Report) -> str:
        """Return the document as text. Raises ResourceNotFound without one."""
        ...

    def cancel_order(self, number: str, reason: str) -> None:
        """Request it by REST. Raises Forbidden or ResourceNotFound where Amazon does not offer it, OutcomeUnknown."""
        ...

    def confirm_shipment(self, number: str, marketplace_id: str, parcel: Parcel) -> None:
        """Confirm one parcel. Safe to repeat for the same parcel: its reference identifies it."""
        ...

    def allowed_messages(self, number: str, marketplace_id: str) -> tuple[str, ...]:
        """Return the kinds of messages Amazon lets the seller send for the order now, in Amazon's terms."""
        ...

    def send_message(self, number: str, marketplace_id: str, kind: str, text: str) -> None:
        """Send a message. Not safe to repeat: raises OutcomeUnknown when the buyer may have received it."""
        ...

    def label_services(self, request: LabelRequest) -> ServiceAnswer: ...

    def buy_label(self, request: LabelRequest, service_id: str, offer_id: str) -> PurchasedLabel:
        """Buy a label. Not safe to repeat: raises OutcomeUnknown when it may have been bought."""
        ...

    def label(self, shipment_id: str) -> PurchasedLabel: ...

    def refund_label(self, shipment_id: str) -> PurchasedLabel:
        """Request the refund of an unused label. After OutcomeUnknown read the label first."""
        ...
