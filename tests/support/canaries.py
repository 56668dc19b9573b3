"""Orders whose personal data are unique words, to be searched for wherever they must not appear."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import NOW, a_package, an_account, an_item, an_order, shipped_fields
from tests.support.order_processing import AUDIT_ARGS
from webapp.domain.amazon.order_details import ItemDetails, OrderDetails, TaxRegistration
from webapp.domain.amazon.types import Address, Buyer, Gift, UnparseableOrder
from webapp.domain.invoicing import drafts
from webapp.domain.shipping import parcels
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.orders import addresses as order_addresses
from webapp.services.orders import comments, holds
from webapp.services.products import csv_import as product_csv_import
from webapp.services.shipping import shipments
from webapp.services.submissions import cancellations
from webapp.services.sync.importing.import_page import import_page

BUYER = Buyer(
    name="Canarybuyer Canarysurname",
    email="canarymail@marketplace.example",
    company="Canarycompany",
    purchase_order_number="CANARYPO",
)
RECIPIENT = Address(
    name="Canaryrecipient",
    company="Canaryfirm",
    line1="Canarystreet 1",
    line2="Canaryfloor",
    line3="Canarydoor",
    city="Canarycity",
    district="Canarydistrict",
    region="Canaryregion",
    postal_code="CANARYZIP",
    country_code="DE",
    phone="+49 30 7341908",
    instructions="Canaryinstructions",
)
ORDER_DETAILS = OrderDetails(
    deliver_from="2026-03-04T00:00:00+00:00",
    delivery_hours=("Canaryhours 09:00-17:00",),
    tax_registrations=(
        TaxRegistration("BUYER", "Canarytaxname", "VAT", "CANARYVAT", "Canarytaxstreet 1", "Canaryoffice"),
    ),
    invoice_preference="CANARYPREFERENCE",
)
ITEM_DETAILS = ItemDetails(
    constraints=("signatureConfirmation",), ioss_number="IM1", customized_url="https://zme-caps.amazon.com/t/canaryurl"
)
REASON = "Canaryreason, I moved to Canaryelsewhere"
# Every personal value below contains one of these.
MARKS = ("canary", "7341908")


def find_marks(text: str) -> set[str]:
    """Return the marks that a text contains, ignoring case and the time zone of the Canary Islands."""
    lowered = text.casefold().replace("atlantic/canary", "")
    return {mark for mark in MARKS if mark in lowered}


def a_canary_order(n: int, **more: Any) -> Any:
    """Build an order with marks in every personal field, but not in its products and numbers."""
    fields: dict[str, Any] = {
        "buyer": BUYER,
        "recipient": RECIPIENT,
        "items": (an_item(n, gift=Gift(message="Canarygift", wrap=None), details=ITEM_DETAILS),),
        "details": ORDER_DETAILS,
    }
    return an_order(n, **fields | more)


def create_canary_data(session: Session) -> dict[str, str]:
    """Create rows of every kind in every list. Return order numbers by the last digit of Amazon's number."""
    account = an_account(session, ("DE", "GB"))
    for store in account.stores:
        store.auto_invoice, store.customer_creation = False, "account"
    session.commit()
    item = an_item(2, cancel_requested=REASON, gift=Gift(message="Canarygift", wrap=None), details=ITEM_DETAILS)
    amazon_orders = [
        a_canary_order(1),
        a_canary_order(2, items=(item,)),
        a_canary_order(3, **shipped_fields(a_canary_order(3)), packages=(a_package("1"),)),
        a_canary_order(4, fulfilled_by="AMAZON", programs=("PRIME",), **shipped_fields(a_canary_order(4))),
        a_canary_order(5, status="PENDING", total=None),
        a_canary_order(6, status="CANCELLED"),
        a_canary_order(7, country="GB", programs=("AMAZON_BUSINESS",), recipient=None),
        a_canary_order(8, purchased_at=NOW - timedelta(days=200)),
    ]
    import_page(session, account.id, amazon_orders, now=NOW, actor="test")
    session.commit()
    orders = {order.amazon_order.number[-1]: order for order in session.scalars(select(Order))}
    first, second = orders["1"], orders["2"]
    invoices.create(session, first.id, comment="Canarycomment", **AUDIT_ARGS)
    line = first.items[0].id
    packed = [
        parcels.Parcel(carrier="DHL", tracking_number="00340434161094042557", quantities={line: 1}),
        parcels.Parcel(quantities={line: 1}),
    ]
    shipments.create(session, first.id, packed, comment="Canarycomment", **AUDIT_ARGS)
    invoices.create(session, second.id, **AUDIT_ARGS)
    credit_memos.create(session, second.id, drafts.CreditRequest(quantities={second.items[0].id: 1}), **AUDIT_ARGS)
    comments.create(session, first.id, "Canarycomment", **AUDIT_ARGS)
    order_addresses.correct(
        session, first.id, "shipping", {**RECIPIENT.as_json(), "line1": "Canarycorrected 2"}, **AUDIT_ARGS
    )
    holds.hold(session, second.id, "Canaryhold", **AUDIT_ARGS)
    second_request = a_canary_order(9, items=(item,))
    raw = {"orderId": "303-0000000-0000010", "buyer": {"buyerName": "Canarybuyer"}}
    unreadable = UnparseableOrder("order.items is missing", raw, "303-0000000-0000010")
    import_page(session, account.id, [second_request, unreadable], now=NOW, actor="test")
    session.commit()
    amazon_order = session.scalars(select(AmazonOrder).where(AmazonOrder.number == second_request.number)).one()
    cancellations.request(session, amazon_order.id, "NoInventory", undo_seconds=30, **AUDIT_ARGS)
    product_csv_import.create(session, account.id, "products.csv", "sku,title\nSKU-1,Plantedfile\n", **AUDIT_ARGS)
    numbers = {digit: order.number for digit, order in orders.items()}
    session.commit()
    return numbers
