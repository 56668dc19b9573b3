"""Amazon's shipping metrics of a seller: targets and windows as Seller Central's help publishes them."""

from dataclasses import dataclass
from datetime import timedelta

LATE, CANCELLED, TRACKED = "late_shipment", "cancellation", "valid_tracking"


@dataclass(frozen=True, slots=True)
class Metric:
    """`target`: the share that must not be exceeded, or that must be reached if `at_least`."""

    name: str
    window: timedelta
    target: float
    at_least: bool = False


METRICS = (
    Metric(LATE, timedelta(days=30), 0.04),
    Metric(CANCELLED, timedelta(days=7), 0.025),
    Metric(TRACKED, timedelta(days=30), 0.95, at_least=True),
)
# A share this near to its target, as a part of what the target allows, is at risk.
_AT_RISK = 0.75


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric from our own data: `count` of `total`."""

    metric: Metric
    count: int
    total: int

    @property
    def share(self) -> float | None:
        return self.count / self.total if self.total else None

    @property
    def tone(self) -> str:
        """Return `bad` beyond the target, `warn` near to it, else `good`; `quiet` without orders."""
        if self.share is None:
            return "quiet"
        missed, allowed = (
            (1 - self.share, 1 - self.metric.target) if self.metric.at_least else (self.share, self.metric.target)
        )
        if missed > allowed or (missed == allowed and not self.metric.at_least):
            return "bad"
        return "warn" if missed >= allowed * _AT_RISK else "good"
