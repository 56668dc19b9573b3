"""The running simulation: its state, a scenario to begin with, and what happens as time passes."""

from pathlib import Path
from typing import Any

from simulator.operations import feeds, incoming_orders, lifecycle, reports, scenarios
from simulator.state.clock import Clock
from simulator.state.faults import Faults
from simulator.state.sellers import DEMO_SELLERS, Seller
from simulator.state.world_state import Options, WorldState

# Amazon never shows an update before it is two minutes old.
UPDATE_DELAY = 120.0
FEED_SECONDS = {"relaxed": 1.0, "amazon": 60.0}
REPORT_SECONDS = {"relaxed": 1.0, "amazon": 120.0}
# Reports show a change up to half an hour late.
REPORT_LAG = {"relaxed": 0.0, "amazon": 900.0}
# Amazon holds an order back for half an hour, in which its buyer may cancel alone.
PENDING_SECONDS = {"relaxed": 60.0, "amazon": 1800.0}
# Amazon shows most transactions after some hours, and promises them only after 48.
FINANCES_DELAY = {"relaxed": 60.0, "amazon": 21_600.0}
# Carriers take days to accept the refund of a label.
LABEL_REFUND_SECONDS = {"relaxed": 60.0, "amazon": 259_200.0}


class World(WorldState):
    """Threads that read or change it must hold `lock`.

    `update_delay`, `feed_seconds`, `report_seconds`, `report_lag`, `pending_seconds`, `finances_delay`,
    `label_refund_seconds` and `arrivals` are seconds; `arrivals` is the mean time between two new orders, 0 for none.
    With `state_path` the state is loaded from that file if it has any, and `scenario` is ignored.
    """

    def __init__(
        self,
        scenario: str = "busy_monday",
        seed: int = 1,
        limits: str = "relaxed",
        clock: Clock | None = None,
        state_path: str | Path | None = None,
        *,
        update_delay: float = UPDATE_DELAY,
        feed_seconds: float | None = None,
        report_seconds: float | None = None,
        pending_seconds: float | None = None,
        finances_delay: float | None = None,
        arrivals: float = 0.0,
        sellers: tuple[Seller, ...] = DEMO_SELLERS,
    ) -> None:
        scenarios.check_name(scenario)
        options = Options(
            limits=limits,
            update_delay=update_delay,
            feed_seconds=FEED_SECONDS.get(limits, 1.0) if feed_seconds is None else feed_seconds,
            report_seconds=REPORT_SECONDS.get(limits, 1.0) if report_seconds is None else report_seconds,
            report_lag=REPORT_LAG.get(limits, 0.0),
            pending_seconds=PENDING_SECONDS.get(limits, 60.0) if pending_seconds is None else pending_seconds,
            finances_delay=FINANCES_DELAY.get(limits, 60.0) if finances_delay is None else finances_delay,
            label_refund_seconds=LABEL_REFUND_SECONDS.get(limits, 60.0),
            arrivals=arrivals,
            sellers=sellers,
        )
        super().__init__(scenario, seed, options, clock or Clock(), state_path)
        if not self._load():
            self._populate()

    def _populate(self) -> None:
        scenarios.populate(self)
        if self._file is not None:
            self._file.clear()
        self.flush()

    def reset(self, scenario: str = "empty", seed: int = 1) -> None:
        """Start again with a new scenario, the first options and the first clock. No fault stays armed."""
        scenarios.check_name(scenario)
        with self.lock:
            self.faults.released.set()
            self.faults = Faults(seed)
            self.clock.offset, self.clock.frozen_at = self._first_clock
            self._clear(scenario, seed)
            self._populate()

    def advance(self) -> None:
        """Carry out everything that is due. Called before each request is answered."""
        incoming_orders.place_due_orders(self)
        while due := self.pop_due_event():
            lifecycle.carry_out_event(self, *due)
        feeds.advance(self)
        reports.advance(self)

    def place(self, country: str = "DE", **details: Any) -> str:
        """Place a buyer's order now; return Amazon's order number. `details` are fields of `generator.OrderSpec`."""
        with self.lock:
            order_id = scenarios.place(self, country=country, **details)
            self.flush()
            return order_id
