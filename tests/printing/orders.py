"""Orders to print, and what a reader finds in a file."""

import io
import re
from typing import Any

from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import NOW, an_account, an_item, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders
from webapp.domain.amazon.types import AmazonItem, Gift
from webapp.domain.invoicing import drafts
from webapp.domain.shipping import parcels
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.shipments import Shipment
from webapp.models.stores import Store
from webapp.services.invoicing import credit_memos
from webapp.services.shipping import shipments

SENDER = "Goods & Sons\nHarbour 1\n20095 Hamburg"
FOOTER = "Court of registration 1 · IBAN 00"


def a_printed_order(session: Session, country: str = "DE", *, items: tuple[AmazonItem, ...] = (), **more: Any) -> Order:
    """Invoiced at import; by default two pieces at 26.00 together, with a gift message, and one at 16.00."""
    region = {"US": "NA", "CA": "NA", "MX": "NA", "JP": "FE"}.get(country, "EU")
    account = an_account(session, (country,), region=region)
    store = session.scalars(select(Store).where(Store.account_id == account.id)).one()
    store.documents_sender, store.documents_footer, store.documents_tax_number = SENDER, FOOTER, "DE123"
    session.commit()
    currency = store.marketplace.currency
    gift = Gift(message="Happy birthday 🎉\nお誕生日おめでとう", wrap="Classic")
    items = items or (an_item(1, 2, currency, gift=gift), an_item(2, 1, currency))
    return create_orders(session, an_order(1, country=country, items=items, **more))[0]


def the_invoice(session: Session) -> Invoice:
    return session.scalars(select(Invoice)).one()


def two_parcels(session: Session, order: Order) -> Shipment:
    first, second = order.items[:2]
    packed = [
        parcels.Parcel({first.id: 2}, "DHL", "", "00340434161094042557"),
        parcels.Parcel({second.id: 1}, "DPD", "", "01405400120384"),
    ]
    return shipments.create(session, order.id, packed, **AUDIT_ARGS)


def a_memo(session: Session, order: Order) -> CreditMemo:
    """One piece, 1.00 of the shipping, 0.50 more given back and 0.25 kept."""
    asked = drafts.CreditRequest({order.items[0].id: 1}, 100, 50, 25)
    return credit_memos.create(session, order.id, asked, **AUDIT_ARGS)


def pages(file: bytes) -> list[str]:
    """The text of each page, every kind of space made plain."""
    return [re.sub(r"[\s\u202f\xa0]+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(file)).pages]


def fonts(file: bytes) -> dict[str, bool]:
    """Name of each font the file uses → whether it is embedded."""
    found = {}
    for page in PdfReader(io.BytesIO(file)).pages:
        for font in page["/Resources"]["/Font"].values():
            (descendant,) = font["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"].get_object()
            found[str(descriptor["/FontName"]).partition("+")[2]] = "/FontFile2" in descriptor
    return found


__all__ = ["NOW", "a_memo", "a_printed_order", "fonts", "pages", "the_invoice", "two_parcels"]
