"""Estimates of Amazon's shipping metrics, from our own data. Amazon counts more than it reports to applications."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.accounts import seller_metrics
from webapp.domain.accounts.seller_metrics import CANCELLED, LATE, METRICS, TRACKED, Estimate
from webapp.domain.amazon import statuses
from webapp.domain.submissions import shipment_confirmation
from webapp.models.amazon_orders import AmazonOrder, AmazonPackage
from webapp.models.submissions import Submission

_TO_SHIP = (statuses.UNSHIPPED, statuses.PARTIALLY_SHIPPED)


def load_estimates(session: Session, now: datetime) -> list[Estimate]:
    """Estimate each metric of `seller_metrics.METRICS` over all stores, in one query.

    Late: orders due in the window that were confirmed to Amazon after their ship-by time, or are still to be shipped
    after it. Without a confirmation of ours, the time of Amazon's first package counts. Cancelled: orders of the window
    that the seller cancelled before shipping. Tracked: packages with a tracking number; whether the carrier
    scanned it is not known.
    """
    since = {metric.name: now - metric.window for metric in METRICS}
    of_merchant = AmazonOrder.fulfilled_by == statuses.MERCHANT
    due = and_(
        of_merchant,
        AmazonOrder.ship_by >= since[LATE],
        AmazonOrder.ship_by < now,
        AmazonOrder.status != statuses.CANCELLED,
    )
    accepted = (
        select(func.min(Submission.accepted_at))
        .where(Submission.amazon_order_id == AmazonOrder.id, Submission.kind == shipment_confirmation.KIND)
        .scalar_subquery()
    )
    packed = (
        select(func.min(AmazonPackage.shipped_at))
        .where(AmazonPackage.amazon_order_id == AmazonOrder.id)
        .scalar_subquery()
    )
    is_late = or_(AmazonOrder.status.in_(_TO_SHIP), func.coalesce(accepted, packed) > AmazonOrder.ship_by)
    placed = and_(of_merchant, AmazonOrder.purchased_at >= since[CANCELLED])
    by_seller = and_(AmazonOrder.status == statuses.CANCELLED, AmazonOrder.cancelled_by == "MERCHANT")
    packages = (
        select(func.count(AmazonPackage.id))
        .join(AmazonOrder, AmazonOrder.id == AmazonPackage.amazon_order_id)
        .where(of_merchant, AmazonOrder.purchased_at >= since[TRACKED])
    )
    counts = session.execute(
        select(
            select(func.count()).where(due, is_late).scalar_subquery(),
            select(func.count()).where(due).scalar_subquery(),
            select(func.count()).where(placed, by_seller).scalar_subquery(),
            select(func.count()).where(placed).scalar_subquery(),
            packages.where(AmazonPackage.tracking_number.is_not(None)).scalar_subquery(),
            packages.scalar_subquery(),
        )
    ).one()
    pairs = dict(zip((LATE, CANCELLED, TRACKED), zip(counts[::2], counts[1::2], strict=True), strict=True))
    return [seller_metrics.Estimate(metric, *pairs[metric.name]) for metric in METRICS]
