"""What stands in the places of a template: facts of an order and a document, as the buyer's language writes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates
from flask_babel import force_locale
from sqlalchemy.orm import Session

from webapp.core.i18n import catalogues
from webapp.domain.amazon.types import Address
from webapp.domain.common.marketplaces import BY_COUNTRY, Marketplace
from webapp.domain.common.money import Money
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail.errors import CannotWrite
from webapp.domain.shipping import carriers
from webapp.mailing.default_templates import WORDS
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.shipments import Parcel, Shipment
from webapp.queries import mails as queries
from webapp.web import formatting

PARTS = ("subtotal", "shipping", "discount", "tax", "other")
_BY_NAME = {carrier.name.casefold(): carrier for carrier in carriers.CARRIERS}


@dataclass(frozen=True, slots=True)
class MailLocale:
    """How one language says amounts, days and words in one marketplace."""

    say: Callable[[str], str]
    locale: Locale
    zone: ZoneInfo
    currency: str

    @classmethod
    def of(cls, language: str, marketplace: Marketplace, currency: str) -> "MailLocale":
        say = catalogues.catalogue(language, "mails").gettext
        locale = catalogues.locale(language, marketplace.country_code)
        return cls(say, locale, ZoneInfo(marketplace.time_zone), currency)

    def money(self, minor: int) -> str:
        return catalogues.amount(Money(minor, self.currency), self.locale)

    def day(self, instant: datetime) -> str:
        return dates.format_date(instant.astimezone(self.zone).date(), "long", locale=self.locale)

    def word(self, name: str) -> str:
        return self.say(WORDS[name])

    def sum(self, name: str, minor: int) -> str:
        return self.word("sum") % {"name": self.word(name), "amount": self.money(minor)}


def of_order(
    session: Session, order: Order, kind: str, document_id: int | None, language: str, comment: str = ""
) -> dict[str, str]:
    """Values by the names of `domain/mail/templates.PLACES`. Raises CannotWrite when the document is gone."""
    tongue = MailLocale.of(language, order.store.marketplace, order.currency)
    values = {
        "store_name": queries.get_sender_name(session, order.store),
        "order_number": order.number,
        "amazon_number": order.amazon_order.number,
        "order_date": tongue.day(order.purchased_at),
        "buyer_name": order.bill_to_name or order.ship_to_name or "",
        "ship_to": _address(order, language),
        "order_lines": "\n".join(
            f"{item.ordered} × {_title(item)} – {tongue.money(item.subtotal)}" for item in order.items
        ),
        "order_total": tongue.money(order.total),
        "comment": comment,
    }
    if kind not in mail_states.DOCUMENTS or document_id is None:
        return values
    found = session.get(queries.MODELS[kind], document_id)
    if found is None or found.order_id != order.id:
        raise CannotWrite("mail_document_gone")
    return values | _document(found, order, tongue)


def sample(session: Session, kind: str, language: str) -> dict[str, str]:
    """Values of an order there is not: every place has one, and nobody is named."""
    tongue = MailLocale.of(language, BY_COUNTRY["DE"], "EUR")
    row = queries.find_server_row(session)
    bought = datetime(2026, 3, 2, 12, tzinfo=UTC)
    line = f"2 × {tongue.word('item')}"
    page = carriers.BY_CODE["DHL"].page("JJD014600003") or ""
    return {
        "store_name": (row.name if row else "") or "Musterladen",
        "order_number": "100042",
        "amazon_number": "303-0000000-0000042",
        "order_date": tongue.day(bought),
        "buyer_name": tongue.word("buyer"),
        "ship_to": tongue.word("address"),
        "order_lines": f"{line} – {tongue.money(2000)}",
        "order_total": tongue.money(2490),
        "comment": tongue.word("comment"),
        "document_number": "100017",
        "document_date": tongue.day(bought),
        "document_lines": line if kind == "shipment" else f"{line} – {tongue.money(2000)}",
        "document_totals": "\n".join(
            tongue.sum(name, minor) for name, minor in (("subtotal", 2000), ("shipping", 490), ("total", 2490))
        ),
        "tracking": f"DHL JJD014600003 {page}",
    }


def _document(found: Any, order: Order, tongue: MailLocale) -> dict[str, str]:
    values = {"document_number": found.number, "document_date": tongue.day(found.created_at)}
    titles = {item.id: _title(item) for item in order.items}
    match found:
        case Shipment():
            lines = [f"{pieces} × {titles[line_id]}" for line_id, pieces in found.quantities.items()]
            values["tracking"] = tracking(found.parcels)
        case Invoice() | CreditMemo():
            lines = [
                f"{line.quantity} × {titles[line.order_item_id]} – {tongue.money(line.subtotal)}"
                for line in found.items
                if line.quantity
            ]
            values["document_totals"] = _totals(found, tongue)
    return values | {"document_lines": "\n".join(lines)}


def _totals(found: Invoice | CreditMemo, tongue: MailLocale) -> str:
    parts = [(name, getattr(found, name)) for name in PARTS]
    if isinstance(found, CreditMemo):
        parts += [("adjustment_refund", found.adjustment_refund), ("adjustment_fee", -found.adjustment_fee)]
    shown = [(name, minor) for name, minor in parts if minor] + [("total", found.total)]
    return "\n".join(tongue.sum(name, minor) for name, minor in shown)


def tracking(parcels: Sequence[Parcel]) -> str:
    """Carrier, number and page of each parcel that has a number, a line each."""
    return "\n".join(
        " ".join(part for part in (parcel.title or parcel.carrier, parcel.tracking_number, _page(parcel)) if part)
        for parcel in parcels
        if parcel.tracking_number
    )


def _page(parcel: Parcel) -> str:
    carrier = carriers.BY_CODE.get(parcel.carrier) or _BY_NAME.get(parcel.title.casefold())
    return (carrier.page(parcel.tracking_number) if carrier else None) or ""


def _title(item: Any) -> str:
    return item.title or item.sku or item.asin or "–"


def _address(order: Order, language: str) -> str:
    if not order.shipping_address:
        return ""
    with force_locale(language):
        return "\n".join(formatting.address_lines(Address(**order.shipping_address)))
