"""The state of the simulated Amazon, in memory and in the optional state file."""

import copy
import heapq
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from simulator.state.clock import Clock, format_iso, parse_iso
from simulator.state.faults import Faults
from simulator.state.limits import Limits
from simulator.state.orders import OrderRecord
from simulator.state.sellers import Seller
from simulator.state.state_file import StateFile

MAX_CALLS = 200
SWITCHES = {
    "rest_cancel": False,
    "gzip_results": False,
    "finances": True,
    # The sellers use Amazon's VAT Calculation Service, so Amazon makes their invoices.
    "vat_calculation_service": False,
    # The sellers' partial refunds are without tax: Amazon ignores the tax columns.
    "vat_exclusive_refunds": False,
    # The report of returns names its columns with hyphens, has order item ids and writes dates in ISO 8601.
    "hyphenated_returns": False,
}


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a world, which a reset restores. Times are in seconds; see `World`."""

    limits: str
    update_delay: float
    feed_seconds: float
    report_seconds: float
    report_lag: float
    pending_seconds: float
    finances_delay: float
    label_refund_seconds: float
    arrivals: float
    sellers: tuple[Seller, ...]


class WorldState:
    """Orders, feeds, documents, the ledger of accepted effects, and the log of calls. Threads must hold `lock`."""

    def __init__(self, scenario: str, seed: int, options: Options, clock: Clock, state_path: str | Path | None) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self._first_clock = (clock.offset, clock.frozen_at)
        self._options = options
        self._file: StateFile | None = None
        self.faults = Faults(seed)
        self._clear(scenario, seed)
        if state_path:
            self._file = StateFile(state_path)

    def _clear(self, scenario: str, seed: int) -> None:
        """Drop all state and restore the first options."""
        self.scenario = scenario
        self.seed = seed
        self.limits = Limits(self._options.limits)
        self.update_delay = self._options.update_delay
        self.feed_seconds = self._options.feed_seconds
        self.report_seconds = self._options.report_seconds
        self.report_lag = self._options.report_lag
        self.pending_seconds = self._options.pending_seconds
        self.finances_delay = self._options.finances_delay
        self.label_refund_seconds = self._options.label_refund_seconds
        self.arrivals = self._options.arrivals
        self.sellers = {seller.id: seller for seller in self._options.sellers}
        self.switches = dict(SWITCHES)
        self.orders: dict[str, OrderRecord] = {}
        self.feeds: dict[str, dict[str, Any]] = {}
        self.reports: dict[str, dict[str, Any]] = {}
        self.report_schedules: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.labels: dict[str, dict[str, Any]] = {}
        self.returns: dict[str, dict[str, Any]] = {}
        # Offers of shipping services by their id; they are lost on a restart.
        self.label_offers: dict[str, dict[str, Any]] = {}
        self.ledger: list[dict[str, Any]] = []
        self.calls: deque[dict[str, Any]] = deque(maxlen=MAX_CALLS)
        self.call_counts: Counter[str] = Counter()
        self.serials: dict[str, int] = {}
        self.arrived = 0
        self.next_arrival: datetime | None = None
        self._schedule: list[tuple[str, str, str]] = []
        self._last_timestamp = self.clock.now() - timedelta(days=3650)
        self._unsaved: dict[tuple[str, str], Any] = {}

    def close(self) -> None:
        with self.lock:
            self.faults.released.set()
            self.flush()
            if self._file is not None:
                self._file.close()
                self._file = None

    # --- time

    def now(self) -> datetime:
        return max(self.clock.now(), self._last_timestamp)

    def next_timestamp(self) -> datetime:
        """Return the time of a change. Each is later than the one before, even while the clock is frozen."""
        self._last_timestamp = max(self.clock.now(), self._last_timestamp + timedelta(milliseconds=1))
        return self._last_timestamp

    def schedule(self, order: OrderRecord, at: datetime, event: str) -> None:
        """Schedule an order to `release` or `ship` at that time, if its status still allows it."""
        order.scheduled.append((format_iso(at), event))
        heapq.heappush(self._schedule, (format_iso(at), order.id, event))
        self.mark_unsaved("order", order.id, order)

    def pop_due_event(self) -> tuple[OrderRecord, str] | None:
        """Remove the earliest scheduled event that is due; return its order and name."""
        if not self._schedule or self._schedule[0][0] > format_iso(self.now()):
            return None
        _at, order_id, event = heapq.heappop(self._schedule)
        return self.orders[order_id], event

    # --- orders, feeds, reports and documents

    def add_order(self, order: OrderRecord) -> OrderRecord:
        self.orders[order.id] = order
        for at, event in order.scheduled:
            heapq.heappush(self._schedule, (at, order.id, event))
        self.mark_unsaved("order", order.id, order)
        return order

    @contextmanager
    def changing(self, order: OrderRecord) -> Iterator[dict[str, Any]]:
        """Change an order's body; keeps the body before the change and sets the time of the update."""
        before = copy.deepcopy(order.body)
        yield order.body
        order.previous = before
        order.body["lastUpdatedTime"] = format_iso(self.next_timestamp())
        self.mark_unsaved("order", order.id, order)

    def save_feed(self, feed: dict[str, Any]) -> None:
        self.feeds[feed["feedId"]] = feed
        self.mark_unsaved("feed", feed["feedId"], feed)

    def save_report(self, report: dict[str, Any]) -> None:
        self.reports[report["reportId"]] = report
        self.mark_unsaved("report", report["reportId"], report)

    def save_report_schedule(self, schedule: dict[str, Any]) -> None:
        self.report_schedules[schedule["reportScheduleId"]] = schedule
        self.mark_unsaved("report_schedule", schedule["reportScheduleId"], schedule)

    def save_document(self, document_id: str, document: dict[str, Any]) -> None:
        self.documents[document_id] = document
        self.mark_unsaved("document", document_id, document)

    def save_label(self, shipment_id: str, label: dict[str, Any]) -> None:
        self.labels[shipment_id] = label
        self.mark_unsaved("label", shipment_id, label)

    def save_return(self, return_id: str, entry: dict[str, Any]) -> None:
        self.returns[return_id] = entry
        self.mark_unsaved("return", return_id, entry)

    def next_serial(self, kind: str) -> int:
        """Return 1, 2, 3, … for each kind of object."""
        self.serials[kind] = self.serials.get(kind, 0) + 1
        return self.serials[kind]

    # --- ledger and calls

    def record_effect(
        self, effect: str, *, actor: str, channel: str, order_id: str | None = None, **details: Any
    ) -> None:
        """Append an effect that Amazon accepted to the ledger, which only grows."""
        entry = {"number": len(self.ledger) + 1, "at": format_iso(self.now()), "effect": effect}
        self.ledger.append({**entry, "actor": actor, "channel": channel, "order_id": order_id, **details})
        self.mark_unsaved("ledger", f"{entry['number']:09d}", self.ledger[-1])

    def effects(self, effect: str, order_id: str | None = None) -> list[dict[str, Any]]:
        """Return the ledger's entries of one kind, optionally of one order."""
        with self.lock:
            entries = [entry for entry in self.ledger if entry["effect"] == effect]
            return [entry for entry in entries if order_id in (None, entry["order_id"])]

    def record_call(self, operation: str, **details: str | int | None) -> None:
        """Add a call to the log."""
        self.call_counts[operation] += 1
        self.calls.append({"at": format_iso(self.now()), "operation": operation, **details})

    # --- state file

    def mark_unsaved(self, kind: str, key: str, content: Any) -> None:
        if self._file is not None:
            self._unsaved[kind, key] = content

    def flush(self) -> None:
        """Write what has changed to the state file. Called before a response is sent."""
        if self._file is not None and self._unsaved:
            self._unsaved["meta", "world"] = self._meta()
            self._file.save(
                (kind, key, content.as_json() if isinstance(content, OrderRecord) else content)
                for (kind, key), content in self._unsaved.items()
            )
        self._unsaved.clear()

    def _meta(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "serials": self.serials,
            "arrived": self.arrived,
            "switches": self.switches,
            "last_timestamp": format_iso(self._last_timestamp),
            "clock": self.clock.as_json(),
        }

    def _load(self) -> bool:
        """Load the state file; return False when there is none or it is empty."""
        meta = dict(self._file.load("meta")).get("world") if self._file is not None else None
        if self._file is None or meta is None:
            return False
        self.scenario, self.seed = meta["scenario"], meta["seed"]
        self.serials, self.arrived = meta["serials"], meta["arrived"]
        self.switches.update(meta["switches"])
        self.clock.offset = meta["clock"]["offset"]
        self.clock.frozen_at = parse_iso(meta["clock"]["frozen_at"]) if meta["clock"]["frozen_at"] else None
        self._last_timestamp = parse_iso(meta["last_timestamp"])
        for _, row in self._file.load("order"):
            scheduled = [(at, event) for at, event in row["scheduled"]]
            self.add_order(OrderRecord(row["seller"], row["body"], row["previous"], scheduled))
        self.feeds = dict(self._file.load("feed"))
        self.reports = dict(self._file.load("report"))
        self.report_schedules = dict(self._file.load("report_schedule"))
        self.documents = dict(self._file.load("document"))
        self.labels = dict(self._file.load("label"))
        self.returns = dict(self._file.load("return"))
        self.ledger = [entry for _, entry in self._file.load("ledger")]
        self._unsaved.clear()
        return True
