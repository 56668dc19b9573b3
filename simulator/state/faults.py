"""Faults by name: what Amazon does on a bad day, armed for the next calls or with a probability."""
# ruff: noqa: E501 - the tables of this file read better a row a line

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.state.limits import PLANS

SEARCHES = ("searchOrders",)
OPERATIONS = (*PLANS, "token", "uploadDocument", "downloadDocument")
READS = ("searchOrders", "getOrder")


@dataclass(frozen=True, slots=True)
class Kind:
    """`phase`: before the operation, inside it, or after its effect. `operations`: where it can strike; () is anywhere."""

    name: str
    phase: str
    what: str
    operations: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("throttled", "before", "429 with QuotaExceeded, whatever the bucket holds"),
        Kind("throttled_without_body", "before", "429 with an empty body"),
        Kind("error_500", "before", "500 InternalFailure; with after=true the effect has happened", options={"after": False}),
        Kind("error_503_html", "before", "503 with a gateway's HTML; with after=true the effect has happened", options={"after": False}),
        Kind("slow", "before", "the answer comes after `seconds`", options={"seconds": 3.0}),
        Kind("hang", "before", "no answer for `seconds`, then the connection closes; nothing was done", options={"seconds": 3600.0}),
        Kind("expired_token", "before", "403: the access token has expired", tuple(PLANS)),
        Kind("invalid_grant", "before", "the token endpoint refuses the refresh token", ("token",)),
        Kind("malformed_json", "after", "a success with a body that is no JSON; the effect has happened"),
        Kind("truncated_body", "after", "half the body, then the connection closes; the effect has happened"),
        Kind("lost_answer", "after", "the effect happens, then the connection closes without an answer"),
        Kind("repeated_page", "inside", "the same page of orders is sent twice", SEARCHES),
        Kind("reordered_updates", "inside", "an older version of an order is sent after a newer one", READS, {"order_id": None}),
        Kind("forbidden_dataset", "inside", "a dataset is refused: answer=403 or 400 for the whole call, or drop the field", READS, {"dataset": "BUYER", "answer": "403"}),
        Kind("unreadable_order", "inside", "one order of the page, or the order itself, lacks a field (how=missing), has a wrong type (type) or is no object (text)", READS, {"how": "missing", "order_id": None}),
        Kind("feed_fatal", "inside", "the feed is accepted and ends FATAL; nothing was done", ("createFeed",)),
        Kind("feed_rejected", "inside", "the feed ends DONE with an Error for every message; nothing was done", ("createFeed",)),
        Kind("package_not_found", "inside", "400: Unable to find package to update, though the order would take the parcel; nothing was done", ("confirmShipment",)),
        Kind("package_unseen", "inside", "the parcel is taken with 204 and the order never shows it", ("confirmShipment",)),
        Kind("contradicting_report", "inside", "the feed is carried out and DONE; the counts of its report say another number of errors than its lines", ("createFeed",)),
    )
}  # fmt: skip


class UnknownFault(ValueError):
    """No fault of that name, or it cannot strike there."""


@dataclass(slots=True)
class Fault:
    """`times`: how often it still strikes, None for ever. `probability`: how likely it is at each call it could strike."""

    id: int
    name: str
    operation: str | None
    times: int | None
    probability: float
    options: dict[str, Any]
    struck: int = 0

    @property
    def phase(self) -> str:
        return "after" if self.options.get("after") else KINDS[self.name].phase

    def strikes_at(self, operation: str) -> bool:
        if self.times == 0 or self.operation not in (None, operation):
            return False
        return not KINDS[self.name].operations or operation in KINDS[self.name].operations

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "operation": self.operation,
            "times": self.times,
            "probability": self.probability,
            "options": self.options,
            "struck": self.struck,
        }


class Faults:
    """The armed faults of a world. Chance comes from the world's seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}/faults")
        self._armed: list[Fault] = []
        self._next_id = 1
        # Set when the world is reset or closed, so that no call hangs beyond it.
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
        """Arm a fault and return its id. `times=None` keeps it armed. UnknownFault when it cannot be armed so."""
        kind = KINDS.get(name)
        if kind is None:
            raise UnknownFault(f"there is no fault {name!r}; there are {', '.join(KINDS)}")
        if operation and kind.operations and operation not in kind.operations:
            raise UnknownFault(f"{name} strikes at {', '.join(kind.operations)}, not at {operation}")
        if operation and operation not in OPERATIONS:
            raise UnknownFault(f"there is no operation {operation!r}; there are {', '.join(OPERATIONS)}")
        unknown = set(options) - set(kind.options)
        if unknown:
            raise UnknownFault(f"{name} has no option {', '.join(sorted(unknown))}")
        if not 0 < probability <= 1 or (times is not None and times < 1):
            raise UnknownFault("times is at least 1, and a probability lies above 0 and up to 1")
        fault = Fault(self._next_id, name, operation or None, times, probability, {**kind.options, **options})
        self._next_id += 1
        self._armed.append(fault)
        return fault.id

    def disarm(self, which: int | str | None = None) -> int:
        """Disarm by id, by name, or everything. Returns how many were armed."""
        gone = [fault for fault in self._armed if which in (None, fault.id, fault.name)]
        self._armed = [fault for fault in self._armed if fault not in gone]
        return len(gone)

    def armed(self) -> list[Fault]:
        return list(self._armed)

    def strike(
        self,
        operation: str,
        *,
        phase: str | None = None,
        name: str | None = None,
        when: Callable[[Fault], bool] = lambda _: True,
    ) -> Fault | None:
        """The first armed fault of this phase or name that strikes now; its count goes down by one."""
        for fault in self._armed:
            wanted = fault.name == name if name else fault.phase == phase
            if not wanted or not fault.strikes_at(operation) or not when(fault):
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            fault.struck += 1
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._armed.remove(fault)
            return fault
        return None

    def one_of(self, count: int) -> int:
        """An index below `count`, by the world's seed."""
        return self._random.randrange(count)
