"""Faults by name, armed for the next calls or with a probability."""
# ruff: noqa: E501 - the tables of this file read better a row a line

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.state.limits import PLANS

SEARCHES = ("searchOrders",)
OPERATIONS = (*PLANS, "token", "uploadDocument", "downloadDocument", "downloadCustomization")
READS = ("searchOrders", "getOrder")


@dataclass(frozen=True, slots=True)
class FaultKind:
    """`phase`: before the operation, inside it, or after its effect. `operations`: where it can occur; () is anywhere."""

    name: str
    phase: str
    description: str
    operations: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


FAULT_KINDS = {
    kind.name: kind
    for kind in (
        FaultKind("throttled", "before", "429 with QuotaExceeded, however many tokens are left"),
        FaultKind("throttled_without_body", "before", "429 with an empty body"),
        FaultKind("error_500", "before", "500 InternalFailure; with after=true the effect has happened", options={"after": False}),
        FaultKind("error_503_html", "before", "503 with a gateway's HTML; with after=true the effect has happened", options={"after": False}),
        FaultKind("slow", "before", "the response comes after `seconds`", options={"seconds": 3.0}),
        FaultKind("hang", "before", "no answer for `seconds`, then the connection closes; nothing was done", options={"seconds": 3600.0}),
        FaultKind("expired_token", "before", "403: the access token has expired", tuple(PLANS)),
        FaultKind("invalid_grant", "before", "the token endpoint refuses the refresh token", ("token",)),
        FaultKind("malformed_json", "after", "a success with a body that is not JSON; the effect has happened"),
        FaultKind("truncated_body", "after", "half the body, then the connection closes; the effect has happened"),
        FaultKind("lost_answer", "after", "the effect happens, then the connection closes without an answer"),
        FaultKind("repeated_page", "inside", "the same page of orders is sent twice", SEARCHES),
        FaultKind("reordered_updates", "inside", "an older version of an order is sent after a newer one", READS, {"order_id": None}),
        FaultKind("forbidden_dataset", "inside", "a dataset is refused: answer=403 or 400 for the whole call, or drop to omit the field", READS, {"dataset": "BUYER", "answer": "403"}),
        FaultKind("unreadable_order", "inside", "one order of the page, or the order itself, lacks a field (how=missing), has a wrong type (type) or is not an object (text)", READS, {"how": "missing", "order_id": None}),
        FaultKind("feed_fatal", "inside", "the feed is accepted and ends FATAL; nothing was done", ("createFeed",)),
        FaultKind("feed_rejected", "inside", "the feed ends DONE with an Error for every message; nothing was done", ("createFeed",)),
        FaultKind("late_order", "inside", "while armed, searches show an order only `seconds` after its update", SEARCHES, {"order_id": None, "seconds": 600.0, "share": 1.0}),
        FaultKind("omitted_order", "inside", "while armed, searches leave an order out of its page", SEARCHES, {"order_id": None, "share": 1.0}),
        FaultKind("report_fatal", "inside", "the report ends FATAL, without a document", ("createReport",)),
        FaultKind("report_cancelled", "inside", "the report ends CANCELLED, as one without data", ("createReport",)),
        FaultKind("expired_url", "inside", "403: the signed URL of the document has expired", ("downloadDocument",)),
        FaultKind("package_not_found", "inside", "400: Unable to find package to update, although the order would accept the package; nothing was done", ("confirmShipment",)),
        FaultKind("package_unseen", "inside", "the package is accepted with 204 and the order never shows it", ("confirmShipment", "createShipment")),
        FaultKind("no_services", "inside", "no service is offered for the package, since a carrier is unavailable", ("getEligibleShipmentServices",)),
        FaultKind("offer_expired", "inside", "400 ShippingServiceOfferNotAvailable; nothing was bought", ("createShipment",)),
        FaultKind("insufficient_funds", "inside", "400 InsufficientFunds; nothing was bought", ("createShipment",)),
        FaultKind("refund_too_late", "inside", "400 LabelCancelWindowExpired; the label is not refunded", ("cancelShipment",)),
        FaultKind("refund_rejected", "inside", "the refund of the label ends RefundRejected", ("getShipment",)),
        FaultKind("contradicting_report", "inside", "the feed is carried out and DONE; its report counts another number of errors than it lists", ("createFeed",)),
        FaultKind("run_together_report", "inside", "the report of UPLOAD_VAT_INVOICE has its header and first row on one line, and a tab after each line", ("createFeed",)),
        FaultKind("unreadable_report", "inside", "the feed is carried out and DONE; its report is a page of HTML", ("createFeed",)),
    )
}  # fmt: skip


class UnknownFaultError(ValueError):
    """There is no such fault, or it cannot occur there."""


@dataclass(slots=True)
class Fault:
    """`times`: how often it will still occur, None for always. `probability`: the chance at each call it applies to."""

    id: int
    name: str
    operation: str | None
    times: int | None
    probability: float
    options: dict[str, Any]
    triggered: int = 0

    @property
    def phase(self) -> str:
        return "after" if self.options.get("after") else FAULT_KINDS[self.name].phase

    def applies_to(self, operation: str) -> bool:
        if self.times == 0 or self.operation not in (None, operation):
            return False
        return not FAULT_KINDS[self.name].operations or operation in FAULT_KINDS[self.name].operations


class Faults:
    """The armed faults of a world. Random choices come from the world's seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}/faults")
        self._armed: list[Fault] = []
        self._next_id = 1
        # Set when the world is reset or closed, so that hanging calls return.
        self.released = threading.Event()

    def arm(
        self,
        name: str,
        operation: str | None = None,
        *,
        times: int | None = 1,
        probability: float = 1.0,
        **options: Any,
    ) -> int:
        """Arm a fault and return its id; `times=None` keeps it armed. Raises UnknownFaultError when the arguments do not fit it."""
        kind = FAULT_KINDS.get(name)
        if kind is None:
            raise UnknownFaultError(f"there is no fault {name!r}; there are {', '.join(FAULT_KINDS)}")
        if operation and kind.operations and operation not in kind.operations:
            raise UnknownFaultError(f"{name} occurs in {', '.join(kind.operations)}, not in {operation}")
        if operation and operation not in OPERATIONS:
            raise UnknownFaultError(f"there is no operation {operation!r}; there are {', '.join(OPERATIONS)}")
        unknown = set(options) - set(kind.options)
        if unknown:
            raise UnknownFaultError(f"{name} has no option {', '.join(sorted(unknown))}")
        if not 0 < probability <= 1 or (times is not None and times < 1):
            raise UnknownFaultError("times must be at least 1, and probability greater than 0 and at most 1")
        fault = Fault(self._next_id, name, operation or None, times, probability, {**kind.options, **options})
        self._next_id += 1
        self._armed.append(fault)
        return fault.id

    def disarm(self, which: int | str | None = None) -> int:
        """Disarm faults by id or name, or all of them; return how many were disarmed."""
        before = len(self._armed)
        self._armed = [fault for fault in self._armed if which not in (None, fault.id, fault.name)]
        return before - len(self._armed)

    def list_armed(self) -> list[Fault]:
        return list(self._armed)

    def trigger(
        self,
        operation: str,
        *,
        phase: str | None = None,
        name: str | None = None,
        when: Callable[[Fault], bool] = lambda _: True,
    ) -> Fault | None:
        """Return the first armed fault of this phase or name that occurs in this call, and count it; None if there is none."""
        for fault in self._armed:
            matches = fault.name == name if name else fault.phase == phase
            if not matches or not fault.applies_to(operation) or not when(fault):
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            fault.triggered += 1
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._armed.remove(fault)
            return fault
        return None

    def random_index(self, count: int) -> int:
        return self._random.randrange(count)
