"""The feed UPLOAD_VAT_INVOICE: a PDF for an order's buyer, described by the feed's options.

Amazon documents which uploads it rejects. The errors 79513 and 79525 were seen; the numbers from 30100 on are invented.
"""

import hashlib
import re
from typing import Any

from simulator.operations import finances
from simulator.operations.adjustments import COMPONENTS, paid_amount
from simulator.operations.feed_messages import FailedMessage, FeedError, FeedResult, check_not_rejected, find_order
from simulator.state.marketplaces import BY_ID, minor_units
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

COUNTRIES = ("BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE")
DOCUMENT_TYPES = ("Invoice", "CreditNote")
PDF_TYPE = "application/pdf"
AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,2})?", re.ASCII)
TOTALS = ("totalamount", "totalvatamount")
# The characters that Amazon accepts in an option other than the totals. It trims spaces around them.
OPTION = re.compile(r"[0-9A-Za-z ,/\\\-_;:#]+")
TAXES = tuple(name for name in COMPONENTS if "tax" in name)
OPTION_MISSING = (
    "Please provide metadata:shippingid or metadata:orderid,metadata:invoicenumber,metadata:totalamount,"
    "metadata:totalvatamount"
)


def carry_out(world: WorldState, feed: dict[str, Any], document: bytes) -> FeedResult:
    """Store the invoice of the feed. A feed carries one."""
    # Amazon's own pages write the names in different cases.
    options = {name.lower().removeprefix("metadata:"): value.strip() for name, value in feed["options"].items()}
    try:
        store_invoice(world, feed, options, document)
    except FeedError as error:
        return FeedResult("DONE", 1, (FailedMessage("1", error),))
    return FeedResult("DONE", 1)


def store_invoice(world: WorldState, feed: dict[str, Any], options: dict[str, str], document: bytes) -> None:
    """Add the invoice to the order. Raises FeedError."""
    check_not_rejected(feed)
    if world.switches["vat_calculation_service"]:
        raise made_by_amazon()
    check_options(options)
    order = find_shipped_order(world, feed, options)
    if world.documents[feed["input"]]["contentType"] != PDF_TYPE or not document.startswith(b"%PDF-"):
        raise FeedError(30101, "The document is not a PDF.")
    kind = options.get("documenttype") or "Invoice"
    if kind not in DOCUMENT_TYPES:
        raise FeedError(30102, f"The DocumentType '{kind}' is not valid. Allowed values are Invoice, CreditNote.")
    if kind == "Invoice":
        check_totals(order, options)
    elif options.get("transactionid") not in finances.find_refund_ids(world, order):
        raise FeedError(30110, "A credit note needs the TransactionId of a refund of the order.")
    shipping_id = options.get("shippingid", "")
    check_unused(world, feed["seller"], order, kind, options["invoicenumber"], shipping_id)
    world.record_effect(
        "vat_invoice",
        actor="MERCHANT",
        channel="feed",
        order_id=order.id,
        seller=feed["seller"],
        invoice_number=options["invoicenumber"],
        document_type=kind,
        total=options["totalamount"],
        vat=options["totalvatamount"],
        shipping_id=shipping_id,
        transaction_id=options.get("transactionid", ""),
        bytes=len(document),
        sha256=hashlib.sha256(document).hexdigest(),
        feed_id=feed["feedId"],
    )


def check_options(options: dict[str, str]) -> None:
    """Raise FeedError when a required option is missing or has a character that Amazon does not accept."""
    given = options.get("orderid") or options.get("shippingid")
    if not given or not all(options.get(name) for name in ("invoicenumber", *TOTALS)):
        raise FeedError(79513, OPTION_MISSING)
    for name, value in options.items():
        if name not in TOTALS and not OPTION.fullmatch(value):
            raise FeedError(30103, f"The value of {name} has characters that are not allowed.")
    if not all(AMOUNT.fullmatch(options[name]) for name in TOTALS):
        raise FeedError(79513, OPTION_MISSING)


def find_shipped_order(world: WorldState, feed: dict[str, Any], options: dict[str, str]) -> OrderRecord:
    marketplaces = feed["marketplaceIds"]
    if len(marketplaces) != 1 or BY_ID[marketplaces[0]].country not in COUNTRIES:
        raise FeedError(30104, f"Invoices are accepted for one marketplace of {', '.join(COUNTRIES)}.")
    order = find_order(world, feed, find_order_id(world, feed, options))
    if "INVOICE_BY_AMAZON" in order.body.get("programs", ()) or is_tax_collected(order):
        raise made_by_amazon()
    if order.status not in ("PARTIALLY_SHIPPED", "SHIPPED"):
        raise FeedError(30106, f"The order {order.id} is {order.status}: an invoice is uploaded after shipping.")
    return order


def find_order_id(world: WorldState, feed: dict[str, Any], options: dict[str, str]) -> str:
    """Return the order of the upload. Amazon ignores the order id when there is a shipping id."""
    shipping_id = options.get("shippingid")
    if not shipping_id:
        return options["orderid"]
    for order in world.orders.values():
        if order.seller_id == feed["seller"] and shipping_id in {row.id for row in finances.list_shipments(order)}:
            return order.id
    raise FeedError(79513, OPTION_MISSING)


def is_tax_collected(order: OrderRecord) -> bool:
    """Return whether Amazon collects and remits the tax of the order."""
    collections = [row for item in order.body["orderItems"] for row in item.get("tax", {}).get("taxCollections", ())]
    return any(row["model"] == "MARKETPLACE_FACILITATOR" for row in collections)


def check_totals(order: OrderRecord, options: dict[str, str]) -> None:
    """Raise FeedError unless the totals are those of the shipment, or of the whole order without a shipping id."""
    if options.get("shippingid"):
        shipment = next(row for row in finances.list_shipments(order) if row.id == options["shippingid"])
        parts = dict(shipment.parts)
    else:
        parts = {name: sum(paid_amount(item, name) for item in order.body["orderItems"]) for name in COMPONENTS}
    currency = BY_ID[order.body["salesChannel"]["marketplaceId"]].currency
    expected = {"totalamount": sum(parts.values()), "totalvatamount": sum(parts[name] for name in TAXES)}
    for name, minor in expected.items():
        if minor_units({"amount": options[name], "currencyCode": currency}) != minor:
            raise FeedError(79513, OPTION_MISSING)


def check_unused(
    world: WorldState, seller_id: str, order: OrderRecord, kind: str, number: str, shipping_id: str
) -> None:
    """Raise FeedError when the number was used before or the order, or its shipment, has an invoice."""
    for entry in world.ledger:
        if entry["effect"] != "vat_invoice" or entry["seller"] != seller_id:
            continue
        if entry["invoice_number"] == number:
            raise FeedError(30108, f"The InvoiceNumber {number} has been uploaded before.")
        same = entry["order_id"] == order.id and entry["shipping_id"] in ("", shipping_id)
        if kind == entry["document_type"] == "Invoice" and same:
            raise FeedError(30109, f"The order {order.id} has an invoice already.")


def made_by_amazon() -> FeedError:
    return FeedError(79525, "Amazon will generate invoice for shipmentId N/A, orderId N/A")
