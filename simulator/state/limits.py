"""Amazon's usage plans: a token bucket for each application, seller and operation."""

from dataclasses import dataclass
from datetime import datetime

# (requests a second, burst) of each operation.
PLANS = {
    "getMarketplaceParticipations": (0.016, 15),
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "cancelOrder": (1.0, 5),
    "confirmShipment": (2.0, 10),
    "createFeedDocument": (0.5, 15),
    "createFeed": (0.0083, 15),
    "getFeeds": (0.0222, 10),
    "getFeed": (2.0, 15),
    "cancelFeed": (2.0, 15),
    "getFeedDocument": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReports": (0.0222, 10),
    "getReport": (2.0, 15),
    "cancelReport": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "createReportSchedule": (0.0222, 10),
    "getReportSchedules": (0.0222, 10),
    "getReportSchedule": (0.0222, 10),
    "cancelReportSchedule": (0.0222, 10),
    "getMessagingActionsForOrder": (1.0, 5),
    "GetAttributes": (1.0, 5),
    "createConfirmOrderDetails": (1.0, 5),
    "confirmCustomizationDetails": (1.0, 5),
    "createConfirmDeliveryDetails": (1.0, 5),
    "createUnexpectedProblem": (1.0, 5),
    "createConfirmServiceDetails": (1.0, 5),
    "createDigitalAccessKey": (1.0, 5),
    "createLegalDisclosure": (1.0, 5),
    "CreateWarranty": (1.0, 5),
    "sendInvoice": (1.0, 5),
    "listTransactions": (0.5, 10),
    "createRestrictedDataToken": (1.0, 10),
    "getEligibleShipmentServices": (6.0, 12),
    "getAdditionalSellerInputs": (1.0, 1),
    "createShipment": (2.0, 2),
    "getShipment": (1.0, 1),
    "cancelShipment": (1.0, 1),
}
LIMITS = ("relaxed", "amazon")
RELAXED = 1000


@dataclass(slots=True)
class Bucket:
    """It held `tokens` at `at` and fills at `rate` a second up to `burst`."""

    rate: float
    burst: float
    tokens: float
    at: datetime

    def take(self, now: datetime) -> bool:
        """Take one token; return False when none is left."""
        elapsed = max((now - self.at).total_seconds(), 0)
        self.tokens = min(self.burst, self.tokens + elapsed * self.rate)
        self.at = now
        if self.tokens < 1 - 1e-9:
            return False
        self.tokens -= 1
        return True


class Limits:
    """`amazon`: Amazon's plans. `relaxed`: a thousand times as much."""

    def __init__(self, mode: str) -> None:
        if mode not in LIMITS:
            raise ValueError(f"limits are {' or '.join(LIMITS)}, not {mode!r}")
        self.mode = mode
        self._buckets: dict[tuple[str, str, str], Bucket] = {}

    def plan(self, operation: str) -> tuple[float, float]:
        rate, burst = PLANS[operation]
        factor = RELAXED if self.mode == "relaxed" else 1
        return round(rate * factor, 6), burst * factor

    def header(self, operation: str) -> str:
        return f"{self.plan(operation)[0]:g}"

    def take(self, client_id: str, seller_id: str, operation: str, now: datetime) -> bool:
        key = (client_id, seller_id, operation)
        if key not in self._buckets:
            rate, burst = self.plan(operation)
            self._buckets[key] = Bucket(rate, burst, burst, now)
        return self._buckets[key].take(now)
