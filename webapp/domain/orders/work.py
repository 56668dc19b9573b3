"""How orders are divided into work: groups of states, and ranges of ship-by times."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from webapp.domain.common.local_days import midnight
from webapp.domain.orders import state_machine

# Group → the states of its orders.
GROUPS = {
    "to_ship": (state_machine.NEW, state_machine.PROCESSING),
    "awaiting_amazon": (state_machine.AWAITING,),
    "on_hold": (state_machine.ON_HOLD,),
    "shipped": (state_machine.COMPLETE, state_machine.CLOSED),
    "canceled": (state_machine.CANCELED,),
}
TO_SHIP = GROUPS["to_ship"]
# Of these orders something is still to be shipped.
UNSHIPPED = (*TO_SHIP, state_machine.ON_HOLD)

OVERDUE, SOON, TODAY, TOMORROW, LATER = "overdue", "soon", "today", "tomorrow", "later"
SHIP_BY = (OVERDUE, SOON, TODAY, TOMORROW, LATER)
# How long before its ship-by time an order is due soon.
SOON_WITHIN = timedelta(hours=2)


class Range(NamedTuple):
    """The instants from `begins` up to, but not including, `ends`; None: without a limit."""

    begins: datetime | None
    ends: datetime | None


def ship_by_range(name: str, time_zone: str, now: datetime) -> Range:
    """Return the ship-by times of one of SHIP_BY, by the days of this zone (an IANA name).

    No instant is in two of them: what is due in two hours is not listed again under today or tomorrow.
    """
    day = now.astimezone(ZoneInfo(time_zone)).date()
    soon = now + SOON_WITHIN
    today, tomorrow = (max(soon, midnight(day + timedelta(days=days), time_zone)) for days in (1, 2))
    return {
        OVERDUE: Range(None, now),
        SOON: Range(now, soon),
        TODAY: Range(soon, today),
        TOMORROW: Range(today, tomorrow),
        LATER: Range(tomorrow, None),
    }[name]
