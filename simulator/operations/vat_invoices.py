"""The feed UPLOAD_VAT_INVOICE: a PDF for an order's buyer, described by the feed's options."""

import hashlib
import re
from typing import TYPE_CHECKING, Any

from simulator.operations.processing_reports import Outcome, Problem, Result
from simulator.state.marketplaces import BY_ID

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

COUNTRIES = ("BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE")
DOCUMENT_TYPES = ("Invoice", "CreditNote")
PDF_TYPE = "application/pdf"
AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,2})?", re.ASCII)


def carry_out(world: "World", feed: dict[str, Any], document: bytes) -> Outcome:
    """One feed, one invoice."""
    # The names' case differs between Amazon's own pages, so it does not matter.
    options = {name.lower().removeprefix("metadata:"): value for name, value in feed["options"].items()}
    order_id = options.get("orderid", "")
    try:
        take(world, feed, options, document)
    except Problem as problem:
        return Outcome("DONE", 1, (Result("1", problem, order_id),))
    return Outcome("DONE", 1)


def take(world: "World", feed: dict[str, Any], options: dict[str, str], document: bytes) -> None:
    """Give the invoice to the order. A Problem says why not."""
    if feed["fate"] == "feed_rejected":
        raise Problem(18028, "The data you submitted is incomplete or invalid.")
    order = checked_order(world, feed, options)
    if world.documents[feed["input"]]["contentType"] != PDF_TYPE or not document.startswith(b"%PDF-"):
        raise Problem(30101, "The document is not a PDF.")
    kind = options.get("documenttype") or "Invoice"
    if kind not in DOCUMENT_TYPES:
        raise Problem(30102, f"The DocumentType '{kind}' is not valid. Allowed values are Invoice, CreditNote.")
    number = options.get("invoicenumber", "").strip()
    if not number:
        raise Problem(30103, "The InvoiceNumber is missing.")
    check_amounts(options)
    check_repeated(world, feed["seller"], order, kind, number)
    world.enter(
        "vat_invoice",
        by="MERCHANT",
        via="feed",
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


def checked_order(world: "World", feed: dict[str, Any], options: dict[str, str]) -> "OrderRecord":
    marketplaces = feed["marketplaceIds"]
    if len(marketplaces) != 1 or BY_ID[marketplaces[0]].country not in COUNTRIES:
        raise Problem(30104, f"Invoices are taken for one marketplace of {', '.join(COUNTRIES)}.")
    order = world.orders.get(options.get("orderid", ""))
    if order is None or order.seller_id != feed["seller"]:
        raise Problem(13013, f"The order {options.get('orderid', '')} is not valid for this merchant.")
    if order.body["salesChannel"]["marketplaceId"] != marketplaces[0]:
        raise Problem(13013, f"The order {order.id} was not placed in the marketplace of this feed.")
    if "INVOICE_BY_AMAZON" in order.body.get("programs", ()):
        raise Problem(30105, f"The order {order.id} is invoiced by Amazon.")
    if order.status not in ("PARTIALLY_SHIPPED", "SHIPPED"):
        raise Problem(30106, f"The order {order.id} is {order.status}: an invoice is uploaded after shipping.")
    return order


def check_amounts(options: dict[str, str]) -> None:
    for name in ("TotalAmount", "TotalVATAmount"):
        if not AMOUNT.fullmatch(options.get(name.lower(), "")):
            raise Problem(30107, f"The {name} is missing or not an amount.")
    if float(options["totalvatamount"]) > float(options["totalamount"]):
        raise Problem(30107, "The TotalVATAmount is more than the TotalAmount.")


def check_repeated(world: "World", seller_id: str, order: "OrderRecord", kind: str, number: str) -> None:
    """A number belongs to one document of the seller, and an order has one invoice."""
    for entry in world.ledger:
        if entry["effect"] != "vat_invoice" or entry["seller"] != seller_id:
            continue
        if entry["invoice_number"] == number:
            raise Problem(30108, f"The InvoiceNumber {number} has been uploaded before.")
        if kind == entry["document_type"] == "Invoice" and entry["order_id"] == order.id:
            raise Problem(30109, f"The order {order.id} has an invoice already.")
