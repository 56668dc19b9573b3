"""Everything that is so in this imitation of Amazon: sellers, orders, feeds, time, what was accepted and who called."""

import copy
import heapq
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from simulator.http import feeds
from simulator.operations import incoming_orders, lifecycle, scenarios
from simulator.state.clock import Clock, iso, parse_iso
from simulator.state.faults import Faults
from simulator.state.limits import Limits
from simulator.state.sellers import DEMO_SELLERS, Seller
from simulator.state.state_file import Store

CALLS_KEPT = 200
# Amazon never shows an update before it is two minutes old.
SETTLE = 120.0
FEED_SECONDS = {"relaxed": 1.0, "amazon": 60.0}
# Amazon holds an order back for half an hour, in which its buyer may cancel alone.
PENDING_SECONDS = {"relaxed": 60.0, "amazon": 1800.0}
SWITCHES = {"rest_cancel": False, "gzip_results": False}


@dataclass(frozen=True, slots=True)
class Options:
    """What a world is made with, and what it has again after a reset."""

    limits: str
    settle: float
    feed_seconds: float
    pending_seconds: float
    arrivals: float
    sellers: tuple[Seller, ...]


@dataclass(slots=True)
class OrderRecord:
    """One order: its body with every dataset, the body before its last change, and what will happen to it by itself."""

    seller_id: str
    body: dict[str, Any]
    previous: dict[str, Any] | None = None
    # (time, `release` or `ship`), earliest first.
    agenda: list[tuple[str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.body["orderId"])

    @property
    def status(self) -> str:
        return str(self.body["fulfillment"]["fulfillmentStatus"])

    @property
    def by_amazon(self) -> bool:
        return bool(self.body["fulfillment"].get("fulfilledBy") == "AMAZON")

    def as_json(self) -> dict[str, Any]:
        return {"seller": self.seller_id, "body": self.body, "previous": self.previous, "agenda": self.agenda}


class World:
    """The one place of truth. Whoever reads or changes it from a thread holds `lock`.

    `settle`, `feed_seconds`, `pending_seconds` and `arrivals` are seconds; `arrivals` is the mean time between two new
    orders, 0 for none. With `state_path` the world goes on where that file left it, whatever `scenario` says.
    """

    def __init__(
        self,
        scenario: str = "busy_monday",
        seed: int = 1,
        limits: str = "relaxed",
        clock: Clock | None = None,
        state_path: str | Path | None = None,
        *,
        settle: float = SETTLE,
        feed_seconds: float | None = None,
        pending_seconds: float | None = None,
        arrivals: float = 0.0,
        sellers: tuple[Seller, ...] = DEMO_SELLERS,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock or Clock()
        self._first_clock = (self.clock.offset, self.clock.frozen_at)
        self._options = Options(
            limits=limits,
            settle=settle,
            feed_seconds=FEED_SECONDS.get(limits, 1.0) if feed_seconds is None else feed_seconds,
            pending_seconds=PENDING_SECONDS.get(limits, 60.0) if pending_seconds is None else pending_seconds,
            arrivals=arrivals,
            sellers=sellers,
        )
        self._store: Store | None = None
        self.faults = Faults(seed)
        self._begin(scenario, seed)
        if state_path:
            self._store = Store(state_path)
        if not self._resumed():
            self._populate()

    def _begin(self, scenario: str, seed: int) -> None:
        """An empty world with the options it was made with."""
        scenarios.check(scenario)
        self.scenario = scenario
        self.seed = seed
        self.limits = Limits(self._options.limits)
        self.settle = self._options.settle
        self.feed_seconds = self._options.feed_seconds
        self.pending_seconds = self._options.pending_seconds
        self.arrivals = self._options.arrivals
        self.sellers = {seller.id: seller for seller in self._options.sellers}
        self.switches = dict(SWITCHES)
        self.orders: dict[str, OrderRecord] = {}
        self.feeds: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.ledger: list[dict[str, Any]] = []
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self.call_counts: Counter[str] = Counter()
        self.serials: dict[str, int] = {}
        self.arrived = 0
        self.next_arrival: datetime | None = None
        self._agenda: list[tuple[str, str, str]] = []
        self._last_stamp = self.clock.now() - timedelta(days=3650)
        self._dirty: dict[tuple[str, str], Any] = {}

    def _populate(self) -> None:
        scenarios.fill(self)
        if self._store is not None:
            self._store.clear()
        self.flush()

    def reset(self, scenario: str = "empty", seed: int = 1) -> None:
        """A new world in the same place: its first options and clock, no fault armed, nothing remembered."""
        scenarios.check(scenario)
        with self.lock:
            self.faults.released.set()
            self.faults = Faults(seed)
            self.clock.offset, self.clock.frozen_at = self._first_clock
            self._begin(scenario, seed)
            self._populate()

    def close(self) -> None:
        with self.lock:
            self.faults.released.set()
            self.flush()
            if self._store is not None:
                self._store.close()
                self._store = None

    # --- time

    def now(self) -> datetime:
        return max(self.clock.now(), self._last_stamp)

    def stamp(self) -> datetime:
        """The time of a change. Each is later than the one before, even while the clock stands still."""
        self._last_stamp = max(self.clock.now(), self._last_stamp + timedelta(milliseconds=1))
        return self._last_stamp

    def advance(self) -> None:
        """Let everything happen that was due by now. Called before each request is answered."""
        incoming_orders.let_arrive(self)
        now = iso(self.now())
        while self._agenda and self._agenda[0][0] <= now:
            _, order_id, what = heapq.heappop(self._agenda)
            lifecycle.happen(self, self.orders[order_id], what)
        feeds.progress(self)

    # --- orders

    def add_order(self, record: OrderRecord) -> OrderRecord:
        self.orders[record.id] = record
        for at, what in record.agenda:
            heapq.heappush(self._agenda, (at, record.id, what))
        self.mark("order", record.id, record)
        return record

    def plan(self, record: OrderRecord, at: datetime, what: str) -> None:
        """`release` or `ship` the order by itself at that time, if it still can be."""
        record.agenda.append((iso(at), what))
        heapq.heappush(self._agenda, (iso(at), record.id, what))
        self.mark("order", record.id, record)

    def next_serial(self, kind: str) -> int:
        """1, 2, 3, … for each kind of thing."""
        self.serials[kind] = self.serials.get(kind, 0) + 1
        return self.serials[kind]

    @contextmanager
    def changing(self, record: OrderRecord) -> Iterator[dict[str, Any]]:
        """Change an order's body; the version before is kept, the time of the update is set."""
        before = copy.deepcopy(record.body)
        yield record.body
        record.previous = before
        record.body["lastUpdatedTime"] = iso(self.stamp())
        self.mark("order", record.id, record)

    def place(
        self, country: str = "DE", fulfilled_by: str = "MERCHANT", status: str = "UNSHIPPED", **wishes: Any
    ) -> str:
        """A buyer orders now. `wishes` as in `generator.Wish`. Returns Amazon's order number."""
        with self.lock:
            order_id = scenarios.place(self, country=country, fulfilled_by=fulfilled_by, status=status, **wishes)
            self.flush()
            return order_id

    # --- what Amazon did

    def enter(self, effect: str, *, by: str, via: str, order_id: str | None = None, **detail: Any) -> None:
        """Append to the ledger: an effect that Amazon accepted. Nothing is ever taken out of it."""
        entry = {"number": len(self.ledger) + 1, "at": iso(self.now()), "effect": effect, "by": by, "via": via}
        self.ledger.append({**entry, "order_id": order_id, **detail})
        self.mark("ledger", f"{entry['number']:09d}", self.ledger[-1])

    def effects(self, effect: str, order_id: str | None = None) -> list[dict[str, Any]]:
        """The ledger's entries of one kind, of one order when named."""
        with self.lock:
            entries = [entry for entry in self.ledger if entry["effect"] == effect]
            return [entry for entry in entries if order_id in (None, entry["order_id"])]

    def note_call(
        self, operation: str, seller_id: str | None, status: int | None, request_id: str, fault: str | None
    ) -> None:
        """`status` None: the connection was closed without an answer."""
        self.call_counts[operation] += 1
        self.calls.append(
            {
                "at": iso(self.now()),
                "operation": operation,
                "seller_id": seller_id,
                "status": status,
                "request_id": request_id,
                "fault": fault,
            }
        )

    # --- remembering

    def mark(self, kind: str, key: str, thing: Any) -> None:
        if self._store is not None:
            self._dirty[kind, key] = thing

    def flush(self) -> None:
        """Write what has changed, before anybody is told of it."""
        if self._store is not None and self._dirty:
            self._dirty["meta", "world"] = self._meta()
            self._store.save(
                (kind, key, thing.as_json() if isinstance(thing, OrderRecord) else thing)
                for (kind, key), thing in self._dirty.items()
            )
        self._dirty.clear()

    def _meta(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "serials": self.serials,
            "arrived": self.arrived,
            "switches": self.switches,
            "last_stamp": iso(self._last_stamp),
            "clock": self.clock.as_json(),
        }

    def _resumed(self) -> bool:
        """Go on where the state file left off; False when it holds no world yet."""
        meta = dict(self._store.load("meta")).get("world") if self._store is not None else None
        if self._store is None or meta is None:
            return False
        self.scenario, self.seed = meta["scenario"], meta["seed"]
        self.serials, self.arrived = meta["serials"], meta["arrived"]
        self.switches.update(meta["switches"])
        self.clock.offset = meta["clock"]["offset"]
        self.clock.frozen_at = parse_iso(meta["clock"]["frozen_at"]) if meta["clock"]["frozen_at"] else None
        self._last_stamp = parse_iso(meta["last_stamp"])
        for _, kept in self._store.load("order"):
            agenda = [(at, what) for at, what in kept["agenda"]]
            self.add_order(OrderRecord(kept["seller"], kept["body"], kept["previous"], agenda))
        self.feeds = dict(self._store.load("feed"))
        self.documents = dict(self._store.load("document"))
        self.ledger = [entry for _, entry in self._store.load("ledger")]
        self._dirty.clear()
        return True
