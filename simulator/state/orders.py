"""One order as the simulator stores it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class OrderRecord:
    """`body` has every dataset; `previous` is the body before the last change."""

    seller_id: str
    body: dict[str, Any]
    previous: dict[str, Any] | None = None
    # Events that happen when their time comes: (time, `release` or `ship`), earliest first.
    scheduled: list[tuple[str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.body["orderId"])

    @property
    def status(self) -> str:
        return str(self.body["fulfillment"]["fulfillmentStatus"])

    @property
    def is_fba(self) -> bool:
        return bool(self.body["fulfillment"].get("fulfilledBy") == "AMAZON")

    def as_json(self) -> dict[str, Any]:
        return {"seller": self.seller_id, "body": self.body, "previous": self.previous, "scheduled": self.scheduled}
