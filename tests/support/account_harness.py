"""One account connected to the simulator, with real HTTP, Valkey and database, and a clock the test moves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from simulator.operations import control
from simulator.operations.world import World
from webapp.amazon.gateway import Amazon
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.models.sync_runs import SyncRun
from webapp.services.invoicing import credit_memos
from webapp.services.shipping import shipments
from webapp.services.submissions import cancellations
from webapp.services.submissions import processor as submission_processor
from webapp.services.sync import run as sync_run


class AmazonProxy:
    """Delegates to the Amazon client, except for the methods that a subclass overrides."""

    def __init__(self, amazon: Any) -> None:
        self.amazon = amazon

    def __getattr__(self, name: str) -> Any:
        return getattr(self.amazon, name)


@dataclass
class AccountHarness:
    """One connected account. `later(seconds)` moves our clock, not the simulator's."""

    session: Session
    amazon: Amazon
    account: Account
    world: World
    redis: Redis
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)
        # Valkey's clock cannot be moved, so the buckets are deleted, which means full.
        for bucket in self.redis.scan_iter("channeldesk:amazon:bucket:*"):
            self.redis.delete(bucket)

    def sync(self, since: datetime | None = None) -> SyncRun:
        return sync_run.sync_account(
            self.session, self.amazon, self.account.id, clock=self.clock, actor="test", since=since
        )

    def at_amazon(self, number: str, verb: str, **options: str) -> None:
        """Change the order on the simulator: `cancel`, `ship`, `request-cancel`."""
        control.run(self.world, lambda world: control.change_order(world, number, verb, options))

    def order(self, number: str) -> AmazonOrder:
        self.session.expire_all()
        return self.session.scalars(select(AmazonOrder).where(AmazonOrder.number == number)).one()

    def commerce_order(self, number: str) -> Order:
        self.session.expire_all()
        statement = select(Order).join(Order.amazon_order).where(AmazonOrder.number == number)
        return self.session.scalars(statement).one()

    def cancel(self, number: str, reason: str = "NoInventory") -> Submission:
        return cancellations.request(
            self.session, self.order(number).id, reason, undo_seconds=30, now=self.clock(), actor="test"
        )

    def refund(
        self,
        number: str,
        quantities: dict[int, int] | None = None,
        shipping: int | None = None,
        *,
        reason: str = "CustomerReturn",
        **more: int,
    ) -> CreditMemo:
        """Request a refund, which is sent after an undo window of 30 seconds."""
        return credit_memos.create(
            self.session,
            self.commerce_order(number).id,
            CreditRequest(quantities, shipping, **more),
            on_amazon=True,
            reason=reason,
            undo_seconds=30,
            now=self.clock(),
            actor="test",
        )

    def ship(self, number: str, *parcels: Parcel, undo_seconds: int = 0, **options: Any) -> list[Submission]:
        """Ship these parcels of the order, or Remaining items. Return the submissions."""
        order = self.commerce_order(number)
        now = self.clock()
        earlier = set(self.session.scalars(select(Submission.id)))
        shipments.create(
            self.session,
            order.id,
            parcels or (Parcel(None, "DHL", "", f"JJD{number}"),),
            undo_seconds=undo_seconds,
            now=now,
            actor="test",
            **options,
        )
        statement = select(Submission).where(Submission.id.not_in(earlier)).order_by(Submission.id)
        return list(self.session.scalars(statement))

    def packages_at_amazon(self, number: str) -> dict[str, tuple[str, dict[str, int]]]:
        """Return the packages by reference: tracking number and units by Amazon's order item id."""
        packages = self.world.orders[number].body.get("packages", [])
        return {
            package["packageReferenceId"]: (
                package["trackingNumber"],
                {line["orderItemId"]: line["quantity"] for line in package["packageItems"]},
            )
            for package in packages
        }

    def advance(self, method: str = "feed", **options: Any) -> int:
        return submission_processor.run(
            self.session, self.amazon, self.account.id, clock=self.clock, feed_interval=120, method=method, **options
        )

    def advance_until_ended(self, submission: Submission, passes: int = 40, method: str = "feed") -> None:
        """Process submissions, each as soon as it is due, until this one has ended."""
        for _ in range(passes):
            self.advance(method)
            self.session.refresh(submission)
            if not submission.open or submission.state == "conflict":
                return
            self.later(max((submission.due_at - self.clock()).total_seconds(), 0) + 0.001)
        raise AssertionError(f"still {submission.state} after {passes} passes: {submission.message}")


def refill_rate_limits(redis: Redis, seconds: float) -> None:
    """Move the times of the rate limit buckets back, since Valkey's clock cannot be moved."""
    for bucket in redis.scan_iter("channeldesk:amazon:bucket:*"):
        for name in redis.hkeys(bucket):
            if name == b"at" or name.startswith(b"last:"):
                redis.hincrbyfloat(bucket, name, -seconds)
