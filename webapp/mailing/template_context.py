"""Values of the placeholders in mail templates: data of an order and a document, formatted for the buyer."""

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
    """Formats amounts, dates and words in one language for one marketplace."""

    say: Callable[[str], str]
    locale: Locale
    zone: ZoneInfo
    currency: str

    @classmethod
    def of(cls, language: str, marketplace: Marketplace, currency: str) -> "MailLocale":
        say = catalogues.load_catalogue(language, "mails").gettext
        locale = catalogues.get_locale(language, marketplace.country_code)
        return cls(say, locale, ZoneInfo(marketplace.time_zone), currency)

    def money(self, minor: int) -> str:
        return catalogues.amount(Money(minor, self.currency), self.locale)

    def day(self, instant: datetime) -> str:
        return dates.format_date(instant.astimezone(self.zone).date(), "long", locale=self.locale)

    def word(self, name: str) -> str:
        return self.say(WORDS[name])

    def sum(self, name: str, minor: int) -> str:
        return self.word("sum") % {"name": self.word(name), "amount": self.money(minor)}


def build_order_values(
    session: Session, order: Order, kind: str, document_id: int | None, language: str, comment: str = ""
) -> dict[str, str]:
    """Return the values by the names of `domain/mail/templates.PLACES`. Raises CannotWrite without the document."""
    mail_locale = MailLocale.of(language, order.store.marketplace, order.currency)
    values = {
        "store_name": queries.get_sender_name(session, order.store),
        "order_number": order.number,
        "amazon_number": order.amazon_order.number,
        "order_date": mail_locale.day(order.purchased_at),
        "buyer_name": order.bill_to_name or order.ship_to_name or "",
        "ship_to": _format_address(order, language),
        "order_lines": "\n".join(
            f"{item.ordered} × {_format_title(item)} – {mail_locale.money(item.subtotal)}" for item in order.items
        ),
        "order_total": mail_locale.money(order.total),
        "comment": comment,
    }
    if kind not in mail_states.DOCUMENTS or document_id is None:
        return values
    document = session.get(queries.MODELS[kind], document_id)
    if document is None or document.order_id != order.id:
        raise CannotWrite("mail_document_gone")
    return values | _build_document_values(document, order, mail_locale)


def sample_values(session: Session, kind: str, language: str) -> dict[str, str]:
    """Return sample values for every placeholder, without names of people."""
    mail_locale = MailLocale.of(language, BY_COUNTRY["DE"], "EUR")
    row = queries.find_server_row(session)
    bought = datetime(2026, 3, 2, 12, tzinfo=UTC)
    line = f"2 × {mail_locale.word('item')}"
    page = carriers.BY_CODE["DHL"].page("JJD014600003") or ""
    return {
        "store_name": (row.name if row else "") or "Musterladen",
        "order_number": "100042",
        "amazon_number": "303-0000000-0000042",
        "order_date": mail_locale.day(bought),
        "buyer_name": mail_locale.word("buyer"),
        "ship_to": mail_locale.word("address"),
        "order_lines": f"{line} – {mail_locale.money(2000)}",
        "order_total": mail_locale.money(2490),
        "comment": mail_locale.word("comment"),
        "document_number": "100017",
        "document_date": mail_locale.day(bought),
        "document_lines": line if kind == "shipment" else f"{line} – {mail_locale.money(2000)}",
        "document_totals": "\n".join(
            mail_locale.sum(name, minor) for name, minor in (("subtotal", 2000), ("shipping", 490), ("total", 2490))
        ),
        "tracking": f"DHL JJD014600003 {page}",
    }


def _build_document_values(document: Any, order: Order, mail_locale: MailLocale) -> dict[str, str]:
    values = {"document_number": document.number, "document_date": mail_locale.day(document.created_at)}
    titles = {item.id: _format_title(item) for item in order.items}
    match document:
        case Shipment():
            lines = [f"{pieces} × {titles[line_id]}" for line_id, pieces in document.quantities.items()]
            values["tracking"] = format_tracking_lines(document.parcels)
        case Invoice() | CreditMemo():
            lines = [
                f"{line.quantity} × {titles[line.order_item_id]} – {mail_locale.money(line.subtotal)}"
                for line in document.items
                if line.quantity
            ]
            values["document_totals"] = _format_totals(document, mail_locale)
    return values | {"document_lines": "\n".join(lines)}


def _format_totals(document: Invoice | CreditMemo, mail_locale: MailLocale) -> str:
    parts = [(name, getattr(document, name)) for name in PARTS]
    if isinstance(document, CreditMemo):
        parts += [("adjustment_refund", document.adjustment_refund), ("adjustment_fee", -document.adjustment_fee)]
    shown = [(name, minor) for name, minor in parts if minor] + [("total", document.total)]
    return "\n".join(mail_locale.sum(name, minor) for name, minor in shown)


def format_tracking_lines(parcels: Sequence[Parcel]) -> str:
    """Return a line with carrier, number and tracking page for each parcel with a number."""
    return "\n".join(
        " ".join(
            part
            for part in (parcel.title or parcel.carrier, parcel.tracking_number, _find_tracking_page(parcel))
            if part
        )
        for parcel in parcels
        if parcel.tracking_number
    )


def _find_tracking_page(parcel: Parcel) -> str:
    carrier = carriers.BY_CODE.get(parcel.carrier) or _BY_NAME.get(parcel.title.casefold())
    return (carrier.page(parcel.tracking_number) if carrier else None) or ""


def _format_title(item: Any) -> str:
    return item.title or item.sku or item.asin or "–"


def _format_address(order: Order, language: str) -> str:
    if not order.shipping_address:
        return ""
    with force_locale(language):
        return "\n".join(formatting.address_lines(Address(**order.shipping_address)))
