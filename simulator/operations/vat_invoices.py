"""The feed UPLOAD_VAT_INVOICE: a PDF for an order's buyer, described by the feed's options."""

import hashlib
import re
from typing import Any

from simulator.operations.feed_messages import FailedMessage, FeedError, FeedResult, check_not_rejected, find_order
from simulator.state.marketplaces import BY_ID
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

COUNTRIES = ("BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE")
DOCUMENT_TYPES = ("Invoice", "CreditNote")
PDF_TYPE = "application/pdf"
AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,2})?", re.ASCII)


def carry_out(world: WorldState, feed: dict[str, Any], document: bytes) -> FeedResult:
    """Store the invoice of the feed. A feed carries one."""
    # Amazon's own pages write the names in different cases.
    options = {name.lower().removeprefix("metadata:"): value for name, value in feed["options"].items()}
    order_id = options.get("orderid", "")
    try:
        store_invoice(world, feed, options, document)
    except FeedError as error:
        return FeedResult("DONE", 1, (FailedMessage("1", error, order_id),))
    return FeedResult("DONE", 1)


def store_invoice(world: WorldState, feed: dict[str, Any], options: dict[str, str], document: bytes) -> None:
    """Add the invoice to the order. Raises FeedError."""
    check_not_rejected(feed)
    order = find_shipped_order(world, feed, options)
    if world.documents[feed["input"]]["contentType"] != PDF_TYPE or not document.startswith(b"%PDF-"):
        raise FeedError(30101, "The document is not a PDF.")
    kind = options.get("documenttype") or "Invoice"
    if kind not in DOCUMENT_TYPES:
        raise FeedError(30102, f"The DocumentType '{kind}' is not valid. Allowed values are Invoice, CreditNote.")
    number = options.get("invoicenumber", "").strip()
    if not number:
        raise FeedError(30103, "The InvoiceNumber is missing.")
    check_amounts(options)
    check_unused(world, feed["seller"], order, kind, number)
    world.record_effect(
        "vat_invoice",
        actor="MERCHANT",
        channel="feed",
        order_id=order.id,
        seller=feed["seller"],
        invoice_number=number,
        document_type=kind,
        total=options["totalamount"],
        vat=options["totalvatamount"],
        bytes=len(document),
        sha256=hashlib.sha256(document).hexdigest(),
        feed_id=feed["feedId"],
    )


def find_shipped_order(world: WorldState, feed: dict[str, Any], options: dict[str, str]) -> OrderRecord:
    marketplaces = feed["marketplaceIds"]
    if len(marketplaces) != 1 or BY_ID[marketplaces[0]].country not in COUNTRIES:
        raise FeedError(30104, f"Invoices are accepted for one marketplace of {', '.join(COUNTRIES)}.")
    order = find_order(world, feed, options.get("orderid", ""))
    if "INVOICE_BY_AMAZON" in order.body.get("programs", ()):
        raise FeedError(30105, f"The order {order.id} is invoiced by Amazon.")
    if order.status not in ("PARTIALLY_SHIPPED", "SHIPPED"):
        raise FeedError(30106, f"The order {order.id} is {order.status}: an invoice is uploaded after shipping.")
    return order


def check_amounts(options: dict[str, str]) -> None:
    for name in ("TotalAmount", "TotalVATAmount"):
        if not AMOUNT.fullmatch(options.get(name.lower(), "")):
            raise FeedError(30107, f"The {name} is missing or not an amount.")
    if float(options["totalvatamount"]) > float(options["totalamount"]):
        raise FeedError(30107, "The TotalVATAmount is more than the TotalAmount.")


def check_unused(world: WorldState, seller_id: str, order: OrderRecord, kind: str, number: str) -> None:
    """Raise FeedError when the number was used before or the order has an invoice."""
    for entry in world.ledger:
        if entry["effect"] != "vat_invoice" or entry["seller"] != seller_id:
            continue
        if entry["invoice_number"] == number:
            raise FeedError(30108, f"The InvoiceNumber {number} has been uploaded before.")
        if kind == entry["document_type"] == "Invoice" and entry["order_id"] == order.id:
            raise FeedError(30109, f"The order {order.id} has an invoice already.")
