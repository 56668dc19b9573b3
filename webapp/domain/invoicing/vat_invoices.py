"""Tax invoices of the seller that are uploaded to Amazon for the buyer."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from webapp.domain.amazon import statuses as status
from webapp.domain.amazon.order_details import FACILITATOR
from webapp.domain.common.money import Money

FEED_TYPE = "UPLOAD_VAT_INVOICE"
KIND = "vat_invoice"
INVOICE, CREDIT_NOTE = "Invoice", "CreditNote"
# Where Amazon takes such invoices, by country.
COUNTRIES = frozenset(("BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE"))
# Amazon writes the invoices of these orders itself.
BY_AMAZON = "INVOICE_BY_AMAZON"
SHIPPED = frozenset({status.PARTIALLY_SHIPPED, status.SHIPPED})
# Amazon accepts these signs, letters A to Z, digits and spaces in numbers and ids.
OPTION_SIGNS = ", / \\ - _ ; : #"
_OPTION = re.compile(r"[0-9A-Za-z,/\\\-_;:#](?:[0-9A-Za-z ,/\\\-_;:#]{0,62}[0-9A-Za-z,/\\\-_;:#])?")
# Amazon's error codes of an upload, and the code in `messages` of what to do.
_ADVICE = {
    "79509": "vat_invoice_not_enabled",
    "79513": "vat_invoice_totals_wrong",
    "79525": "vat_invoice_made_by_amazon",
}
# Errors that the same upload would get again, whatever is changed here.
FINAL = frozenset({"vat_invoice_made_by_amazon"})


@dataclass(frozen=True, slots=True)
class VatInvoice:
    """The metadata of the PDF.

    `transaction_id`: Amazon's id of the refund that a credit note is about. `shipping_id`: Amazon's id of the shipment
    that an invoice of a part of the order is about.
    """

    number: str
    invoice_number: str
    total: Money
    vat: Money
    document_type: str = INVOICE
    transaction_id: str | None = None
    shipping_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What decides whether the invoices of an order are uploaded. `country`: of the store.

    `writable`: the store imports orders, so Channeldesk may change them. `uses_vat_calculation`: the seller uses
    Amazon's VAT Calculation Service in the store. `tax_collected`: Amazon collects and remits the order's tax.
    """

    country: str
    amazon_status: str
    programs: Collection[str]
    writable: bool
    uses_vat_calculation: bool = False
    tax_collected: bool = False


def is_valid_option(text: str) -> bool:
    """Return whether Amazon accepts this invoice number or id."""
    return _OPTION.fullmatch(text) is not None


def is_tax_collected(body: Any) -> bool:
    """Return whether Amazon collects and remits the tax of an item. `body`: the order as Amazon sent it."""
    for item in _list_objects(body, "orderItems"):
        tax = item.get("tax")
        if any(row.get("model") == FACILITATOR for row in _list_objects(tax, "taxCollections")):
            return True
    return False


def _list_objects(parent: Any, name: str) -> list[dict[str, Any]]:
    rows = parent.get(name) if isinstance(parent, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def find_advice(code: str) -> str | None:
    """Return the code in `messages` of what to do about an error of Amazon's, or None for an unknown one."""
    return _ADVICE.get(code)


def find_missing_setting(sender: str, tax_number: str) -> str | None:
    """Return the code in `messages` of the seller data that a tax invoice lacks, or None.

    `sender`: the seller's name and address as they stand on documents, one part a line.
    """
    has_address = sum(bool(line.strip()) for line in sender.splitlines()) > 1
    if not has_address and not tax_number.strip():
        return "vat_invoice_seller_missing"
    if not has_address:
        return "vat_invoice_address_missing"
    return None if tax_number.strip() else "vat_invoice_tax_number_missing"


def find_refusal_reason(order: OrderFacts) -> str | None:
    """Return the reason an order's invoice cannot be uploaded now (a code of `messages`), or None."""
    if order.country not in COUNTRIES:
        return "vat_invoice_not_there"
    if order.uses_vat_calculation:
        return "vat_invoice_calculation_service"
    if BY_AMAZON in order.programs:
        return "vat_invoice_by_amazon"
    if order.tax_collected:
        return "vat_invoice_facilitator"
    if not order.writable:
        return "vat_invoice_read_only"
    if order.amazon_status == status.CANCELLED:
        return "vat_invoice_cancelled"
    return None if order.amazon_status in SHIPPED else "vat_invoice_unshipped"
