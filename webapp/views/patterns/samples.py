"""Sample data of the pattern book: made up, awkward on purpose (long words, no country, yen, unknown statuses)."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from webapp.domain.amazon.types import Address
from webapp.domain.common.money import Money
from webapp.web.formatting import now


class SampleOrder(NamedTuple):
    number: str
    country: str
    store: str
    zone: str
    status: str
    state: str
    buyer: str
    items: int
    total: Money | None
    age: timedelta
    note: str
    prime: bool

    @property
    def at(self) -> datetime:
        return now() - self.age

    @property
    def ship_by(self) -> datetime:
        return self.at + timedelta(days=2)


class Entry(NamedTuple):
    at: datetime
    zone: str
    tone: str
    icon: str
    title: str
    text: str
    actor: str


_ROWS = (
    (
        "DE",
        "Musterladen DE",
        "Europe/Berlin",
        "UNSHIPPED",
        "processing",
        "Käuferin mit einem langen Doppelnamen",
        "EUR",
    ),
    ("GB", "Sample Shop UK", "Europe/London", "SHIPPED", "complete", "Buyer, c/o Reception", "GBP"),
    ("US", "Sample Shop US", "America/Los_Angeles", "PENDING", "new", "", "USD"),
    ("JP", "見本の店", "Asia/Tokyo", "PARTIALLY_SHIPPED", "processing", "見本の購入者 様", "JPY"),
    ("SE", "Provbutik SE", "Europe/Stockholm", "CANCELLED", "canceled", "Köpare", "SEK"),
    ("FR", "Boutique modèle", "Europe/Paris", "UNSHIPPED", "holded", "Acheteuse", "EUR"),
    ("IT", "Negozio campione", "Europe/Rome", "UNFULFILLABLE", "closed", "Acquirente", "EUR"),
    ("BR", "Loja modelo", "America/Sao_Paulo", "RETURN_IN_TRANSIT", "processing", "Comprador", "BRL"),
)
_NOTES = ("", "", "Tracking sent to Amazon", "", "Not imported: Amazon has not said what the order costs yet.")


def orders(count: int = 24) -> list[SampleOrder]:
    made = []
    for index in range(count):
        country, store, zone, status, state, buyer, currency = _ROWS[index % len(_ROWS)]
        minor = (index * 7919 + 1250) % 48_000 + 490
        made.append(
            SampleOrder(
                number=f"{300 + index % 7:03}-{(index * 104729 + 1234567) % 10**7:07}-{(index * 15485863) % 10**7:07}",
                country=country,
                store=store,
                zone=zone,
                status=status,
                state=state,
                buyer=buyer,
                items=index % 4 + 1,
                total=None if status == "PENDING" else Money(minor, currency),
                age=timedelta(minutes=4 + index * index * 11),
                note=_NOTES[index % len(_NOTES)],
                prime=index % 3 == 0,
            )
        )
    return made


def revenue(days: int) -> list[tuple[date, Money]]:
    today = now().date()
    return [
        (today - timedelta(days=back), Money((back * 7919 + 31337) % 90_000 + 12_000 * (back % 5 != 0), "EUR"))
        for back in reversed(range(days))
    ]


def total(days: int) -> Money:
    return sum((value for _, value in revenue(days)), Money.zero("EUR"))


def address() -> Address:
    return Address(
        name="Käuferin mit einem langen Doppelnamen",
        line1="Musterstraße 17",
        line2="Hinterhaus, 2. Stock",
        city="Musterstadt",
        postal_code="01234",
        country_code="DE",
    )


def history() -> list[Entry]:
    at, zone = now(), "Europe/Berlin"
    return [
        Entry(at, zone, "work", "send", "Cancellation sent to Amazon", "Reason: out of stock", "owner@desk.example"),
        Entry(at - timedelta(hours=2), zone, "good", "file-invoice", "Invoice 1000042 created", "", "Channeldesk"),
        Entry(
            at - timedelta(hours=2), zone, "wait", "package", "Imported from Amazon", "Status: Unshipped", "Channeldesk"
        ),
    ]
