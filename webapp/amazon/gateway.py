"""The port: all the house says to Amazon and hears from it. It returns domain values, raises domain errors, decides
nothing. `docs/amazon-port.md` says how it keeps its promises.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from redis import Redis

from webapp.amazon import (
    feeds,
    messaging,
    orders,
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
)
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.invoicing.vat_invoices import VatInvoice
from webapp.domain.shipping.carriers import Parcel

NOTHING: frozenset[str] = frozenset()


class Amazon:
    """One seller account at Amazon, for one thread at a time; cheap to make, to be closed.

    `lane`: person, submission, sync or backfill, who goes first when calls are short. `max_wait`: seconds one call may
    take with its waits and repeats before it raises. Every method may raise any error of `domain.amazon_errors`.
    """

    def __init__(
        self,
        credentials: Credentials,
        redis: Redis,
        *,
        lane: str = "sync",
        max_wait: float = 30.0,
        read_timeout: float = READ_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = Client(
            credentials, redis, clock=clock, wait=wait, max_wait=max_wait, read_timeout=read_timeout, lane=lane
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.wire.close()

    def amazon_time(self) -> datetime | None:
        """What Amazon's clock shows now, as far as an answer has told; None before the first answer."""
        return self._client.amazon_time()

    def participations(self) -> tuple[Participation, ...]:
        """The marketplaces the account takes part in."""
        return sellers.participations(self._client)

    def probe_datasets(self, marketplace_ids: Sequence[str]) -> frozenset[str]:
        """The datasets Amazon refuses this account; `domain.amazon_orders.ROLES` says which role opens which."""
        return orders.probe(self._client, marketplace_ids, datetime.now(UTC))

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
        """One page of the orders changed after `updated_after`, up to 100, those that cannot be read in their places.

        For the next page pass `token=page.next_token` and `missing=page.missing` with all else unchanged. A token
        lives for a day, and Amazon may answer the same page and token again: the caller watches for a token it has
        seen. `refused` names the datasets Amazon refused last time: they are the first to be left out when it refuses
        again. What Amazon refuses beside a token is raised, so that the caller begins the window anew without one.
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
        """One order; its `missing` names the datasets Amazon refused, `missing` given ones are not asked for."""
        return orders.read(self._client, number, missing)

    def cancel_order(self, number: str, reason: str) -> None:
        """Ask for an order's cancellation by REST; accepted is not cancelled: read the order again.

        Not safe to repeat: raises LostAnswer when it may have been accepted. Forbidden or NotThere where Amazon has
        not opened the call, InvalidRequest for a reason it does not know (GeneralAdjustment).
        """
        orders.cancel(self._client, number, reason)

    def prepare_cancellations(
        self, marketplace_ids: Sequence[str], cancellations: Sequence[Cancellation]
    ) -> PreparedFeed:
        """Lay a document of cancellations down at Amazon, which cancels nothing yet. Safe to repeat."""
        return feeds.prepare_cancellations(self._client, marketplace_ids, cancellations)

    def prepare_refunds(self, marketplace_ids: Sequence[str], refunds: Sequence[Refund]) -> PreparedFeed:
        """Lay a document of refunds down at Amazon, which refunds nothing yet. Safe to repeat.

        The report's messages name each refund by its place in `refunds`, counted from 1. Raises InvalidRequest for
        refunds of nothing, of two currencies, or for a reason Amazon does not know.
        """
        return feeds.prepare_refunds(self._client, marketplace_ids, refunds)

    def prepare_vat_invoice(self, marketplace_id: str, invoice: VatInvoice, pdf: bytes) -> PreparedFeed:
        """Lay an invoice's PDF down at Amazon, which shows it to nobody yet. Safe to repeat."""
        return feeds.prepare_vat_invoice(self._client, marketplace_id, invoice, pdf)

    def create_feed(self, prepared: PreparedFeed) -> Feed:
        """Send what was prepared. Not safe to repeat: after LostAnswer look with `find_feeds` first.

        Amazon carries a document out as often as it is made a feed: a second feed of refunds refunds again.
        """
        return feeds.create(self._client, prepared)

    def find_feeds(self, feed_type: str, created_since: datetime) -> tuple[Feed, ...]:
        """All feeds of the type made since then."""
        return feeds.find(self._client, feed_type, created_since)

    def feed(self, feed_id: str) -> Feed:
        """A feed as it stands now."""
        return feeds.get(self._client, feed_id)

    def feed_report(self, feed: Feed) -> FeedReport:
        """What became of each message of an ended feed; NotThere when Amazon wrote no report.

        A report may contradict itself (`FeedReport.contradicts_itself`); then it proves nothing.
        """
        return feeds.get_report(self._client, feed)

    def confirm_shipment(self, number: str, marketplace_id: str, parcel: Parcel) -> None:
        """Tell Amazon of one parcel of an order; the order's PACKAGES prove it a moment later.

        Raises LostAnswer when Amazon may know of it. The same parcel may then be told again, because its reference
        keeps it one. InvalidRequest when Amazon does not take it: more than was ordered, a Ship+ order, an order that
        is shipped already.
        """
        shipments.confirm(self._client, number, marketplace_id, parcel)

    def allowed_messages(self, number: str, marketplace_id: str) -> tuple[str, ...]:
        """The kinds of messages Amazon lets the seller send to the order's buyer now, in Amazon's words."""
        return messaging.allowed(self._client, number, marketplace_id)

    def send_message(self, number: str, marketplace_id: str, kind: str, text: str) -> None:
        """Send the buyer a message of a kind in `domain.buyer_messages.LIMITS`.

        Not safe to repeat: raises LostAnswer when the buyer may have got it. InvalidRequest or Forbidden for a kind
        that Amazon does not allow for the order now.
        """
        messaging.send(self._client, number, marketplace_id, kind, text)
