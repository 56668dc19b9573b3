"""The gateway to Amazon: takes and returns domain values and raises domain errors. See `docs/amazon-gateway.md`."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from redis import Redis

from webapp.amazon import (
    customizations,
    feeds,
    finances,
    labels,
    messaging,
    orders,
    reports,
    sellers,
    shipments,
)
from webapp.amazon.client import Client
from webapp.amazon.http import READ_TIMEOUT
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.types import (
    AmazonOrder,
    Cancellation,
    Feed,
    FeedReport,
    OrderPage,
    Participation,
    PreparedFeed,
    Report,
    ReportSchedule,
    TransactionPage,
)
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.invoicing.vat_invoices import VatInvoice
from webapp.domain.shipping.carriers import Parcel
from webapp.domain.shipping.labels import LabelRequest, PurchasedLabel, ServiceAnswer

NOTHING: frozenset[str] = frozenset()


class Amazon:
    """One seller account at Amazon. Not thread-safe; cheap to create; close it after use.

    `priority`: person, submission, sync or backfill, which decides who waits when calls are short. `max_wait`: the most
    seconds one call may take with waits and retries. Every method may raise any error of `domain.amazon.errors`.
    """

    def __init__(
        self,
        credentials: Credentials,
        redis: Redis,
        *,
        priority: str = "sync",
        max_wait: float = 30.0,
        read_timeout: float = READ_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = Client(
            credentials, redis, clock=clock, wait=wait, max_wait=max_wait, read_timeout=read_timeout, priority=priority
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.transport.close()

    def amazon_time(self) -> datetime | None:
        """Return the time at Amazon, by its latest response; None before the first response."""
        return self._client.amazon_time()

    def last_request_id(self) -> str | None:
        """Return Amazon's id of the latest request that was answered, for Amazon's support."""
        return self._client.last_request_id()

    def participations(self) -> tuple[Participation, ...]:
        """Return the marketplaces the account takes part in."""
        return sellers.get_participations(self._client)

    def probe_datasets(self, marketplace_ids: Sequence[str]) -> frozenset[str]:
        """Return the datasets Amazon refuses this account; `domain.amazon.types.ROLES` names the roles they need."""
        return orders.find_refused_datasets(self._client, marketplace_ids, datetime.now(UTC))

    def search_orders(
        self,
        *,
        updated_after: datetime,
        updated_before: datetime | None = None,
        marketplace_ids: Sequence[str],
        token: str | None = None,
        missing: frozenset[str] = NOTHING,
        refused: frozenset[str] = NOTHING,
    ) -> OrderPage:
        """Return one page of up to 100 orders changed after `updated_after`, including those that cannot be parsed.

        For the next page pass `token=page.next_token` and `missing=page.missing` with all else unchanged. A token is
        valid for a day. Amazon may return the same page and token again, so the caller must watch for repeated pages.
        `refused`: the datasets Amazon refused last time, which are left out first when it refuses again. With a
        `token` a refusal is raised, and the caller starts the window again without one.
        """
        return orders.search(
            self._client,
            updated_after=updated_after,
            updated_before=updated_before,
            marketplace_ids=marketplace_ids,
            token=token,
            missing=missing,
            refused=refused,
        )

    def get_order(self, number: str, missing: frozenset[str] = NOTHING) -> AmazonOrder:
        """Return one order without the `missing` datasets; its own `missing` includes those Amazon refused."""
        return orders.get(self._client, number, missing)

    def customization(self, url: str) -> bytes:
        """Return the ZIP file of a customized item. Raises InvalidRequest for an address that is not Amazon's."""
        return customizations.download(self._client, url)

    def cancel_order(self, number: str, reason: str) -> None:
        """Request an order's cancellation by REST. Returning means accepted, not cancelled: read the order again.

        Not safe to repeat: raises OutcomeUnknown when it may have been accepted. Forbidden or ResourceNotFound where
        Amazon does not offer the call, InvalidRequest for a reason it does not know (GeneralAdjustment).
        """
        orders.cancel(self._client, number, reason)

    def prepare_cancellations(
        self, marketplace_ids: Sequence[str], cancellations: Sequence[Cancellation]
    ) -> PreparedFeed:
        """Upload a document of cancellations. Safe to repeat: nothing is cancelled yet."""
        return feeds.prepare_cancellations(self._client, marketplace_ids, cancellations)

    def prepare_refunds(self, marketplace_ids: Sequence[str], refunds: Sequence[Refund]) -> PreparedFeed:
        """Upload a document of refunds. Safe to repeat: nothing is refunded yet.

        The report's messages name each refund by its position in `refunds`, counted from 1. Raises InvalidRequest for
        refunds of nothing, of two currencies, or for a reason Amazon does not know.
        """
        return feeds.prepare_refunds(self._client, marketplace_ids, refunds)

    def prepare_vat_invoice(self, marketplace_id: str, invoice: VatInvoice, pdf: bytes) -> PreparedFeed:
        """Upload an invoice's PDF. Safe to repeat: buyers do not see it yet."""
        return feeds.prepare_vat_invoice(self._client, marketplace_id, invoice, pdf)

    def create_feed(self, prepared: PreparedFeed) -> Feed:
        """Create a feed from an uploaded document. Not safe to repeat: after OutcomeUnknown use `find_feeds` first.

        Amazon processes a document once for each feed: a second feed of refunds refunds again.
        """
        return feeds.create(self._client, prepared)

    def find_feeds(self, feed_type: str, created_since: datetime) -> tuple[Feed, ...]:
        """Return all feeds of the type created since then."""
        return feeds.find(self._client, feed_type, created_since)

    def feed(self, feed_id: str) -> Feed:
        """Return a feed in its current state."""
        return feeds.get(self._client, feed_id)

    def feed_report(self, feed: Feed) -> FeedReport:
        """Return the result of each message of an ended feed. Raises ResourceNotFound when Amazon wrote no report.

        A report may be contradictory (`FeedReport.is_contradictory`); then it proves nothing.
        """
        return feeds.get_report(self._client, feed)

    def transactions(
        self, *, posted_after: datetime, posted_before: datetime | None = None, token: str | None = None
    ) -> TransactionPage:
        """Return the transactions of orders of one page, at most 180 days of them, by default until two minutes ago.

        Amazon shows a transaction up to 48 hours after the time at which it is posted. For the next page pass
        `token=page.next_token` with all else unchanged. Forbidden without the role Finance and Accounting.
        """
        return finances.list_transactions(
            self._client, posted_after=posted_after, posted_before=posted_before, token=token
        )

    def order_transactions(self, number: str, token: str | None = None) -> TransactionPage:
        """Return one page of the transactions of one order, of any age. Otherwise like `transactions`."""
        return finances.list_order_transactions(self._client, number, token)

    def create_report(self, report_type: str, marketplace_ids: Sequence[str], start: datetime, end: datetime) -> Report:
        """Request a report about the data between `start` and `end`. Safe to repeat: it costs a call and no more."""
        return reports.create(self._client, report_type, marketplace_ids, start, end)

    def find_reports(self, report_type: str, created_since: datetime) -> tuple[Report, ...]:
        """Return all reports of the type created since then, those of other applications included."""
        return reports.find(self._client, report_type, created_since)

    def report(self, report_id: str) -> Report:
        """Return a report in its current state."""
        return reports.get(self._client, report_id)

    def cancel_report(self, report_id: str) -> None:
        """Cancel a report that is still in the queue. Raises InvalidRequest for any other."""
        reports.cancel(self._client, report_id)

    def schedule_report(
        self, report_type: str, marketplace_ids: Sequence[str], period: str, next_at: datetime | None = None
    ) -> str:
        """Let Amazon create a report in each period; return the id of the schedule, which replaces an earlier one."""
        return reports.schedule(self._client, report_type, marketplace_ids, period, next_at)

    def find_report_schedules(self, *report_types: str) -> tuple[ReportSchedule, ...]:
        """Return the seller's schedules of these types, those of other applications included."""
        return reports.find_schedules(self._client, report_types)

    def report_schedule(self, schedule_id: str) -> ReportSchedule:
        """Return one schedule. Raises ResourceNotFound for one that has ended."""
        return reports.get_schedule(self._client, schedule_id)

    def cancel_report_schedule(self, schedule_id: str) -> None:
        """End a schedule. Raises ResourceNotFound for one that has ended."""
        reports.cancel_schedule(self._client, schedule_id)

    def report_document(self, report: Report) -> str:
        """Return the document of an ended report, decompressed and decoded. Raises ResourceNotFound without one."""
        return reports.download(self._client, report)

    def confirm_shipment(self, number: str, marketplace_id: str, parcel: Parcel) -> None:
        """Confirm one parcel of an order; the order's PACKAGES dataset shows it a moment later.

        Raises OutcomeUnknown when it may have been accepted; confirming the same parcel again is safe, because its
        reference identifies it. InvalidRequest when Amazon rejects it: more units than ordered, a Ship+ order, an order
        that is shipped already.
        """
        shipments.confirm(self._client, number, marketplace_id, parcel)

    def label_services(self, request: LabelRequest) -> ServiceAnswer:
        """Return the services Amazon sells a label of for a package of the order, with their prices."""
        return labels.find_services(self._client, request)

    def buy_label(self, request: LabelRequest, service_id: str, offer_id: str) -> PurchasedLabel:
        """Buy a label for an offer of `label_services`. It costs money, and Amazon confirms the package itself.

        Not safe to repeat: raises OutcomeUnknown when it may have been bought. InvalidRequest with Amazon's code, such
        as ShipmentAlreadyExists for items that have shipped, or InsufficientFunds.
        """
        return labels.buy(self._client, request, service_id, offer_id)

    def label(self, shipment_id: str) -> PurchasedLabel:
        """Return a label by Amazon's id of its shipment, with its document and the state of its refund."""
        return labels.get(self._client, shipment_id)

    def refund_label(self, shipment_id: str) -> PurchasedLabel:
        """Request the refund of an unused label. After OutcomeUnknown read the label first."""
        return labels.refund(self._client, shipment_id)

    def allowed_messages(self, number: str, marketplace_id: str) -> tuple[str, ...]:
        """Return the kinds of messages Amazon lets the seller send to the order's buyer now, in Amazon's terms."""
        return messaging.list_allowed_kinds(self._client, number, marketplace_id)

    def send_message(self, number: str, marketplace_id: str, kind: str, text: str) -> None:
        """Send the buyer a message of a kind in `domain.mail.amazon_messages.LIMITS`.

        Not safe to repeat: raises OutcomeUnknown when the buyer may have received it. InvalidRequest or Forbidden for
        a kind that Amazon does not allow for the order now.
        """
        messaging.send(self._client, number, marketplace_id, kind, text)
