"""Sample data of the style guide: made up, with long words and a name to mask."""

from datetime import datetime, timedelta
from typing import NamedTuple

from webapp.domain.common.money import Money
from webapp.views.orders.event_lines import HistoryEntry
from webapp.web.formatting import now


class SampleOrder(NamedTuple):
    number: str
    zone: str
    buyer: str
    total: Money
    at: datetime


def order() -> SampleOrder:
    placed_at = now() - timedelta(minutes=4)
    return SampleOrder(
        "300-1234567-0000000", "Europe/Berlin", "Käuferin mit einem langen Doppelnamen", Money(1740, "EUR"), placed_at
    )


def history() -> list[HistoryEntry]:
    at, zone = now(), "Europe/Berlin"
    return [
        HistoryEntry(
            at, zone, "work", "send", "Cancellation sent to Amazon", "Reason: out of stock", "owner@desk.example"
        ),
        HistoryEntry(
            at - timedelta(hours=2), zone, "good", "file-invoice", "Invoice 1000042 created", "", "Channeldesk"
        ),
        HistoryEntry(
            at - timedelta(hours=2), zone, "wait", "package", "Imported from Amazon", "Status: Unshipped", "Channeldesk"
        ),
    ]
