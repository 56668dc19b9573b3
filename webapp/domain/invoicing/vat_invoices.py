"""Tax invoices of the seller that are uploaded to Amazon for the buyer."""

from collections.abc import Collection
from dataclasses import dataclass

from webapp.domain.amazon import statuses as status
from webapp.domain.common.money import Money

FEED_TYPE = "UPLOAD_VAT_INVOICE"
KIND = "vat_invoice"
INVOICE, CREDIT_NOTE = "Invoice", "CreditNote"
# Where Amazon takes such invoices, by country.
COUNTRIES = frozenset(("BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE"))
# Amazon writes the invoices of these orders itself.
BY_AMAZON = "INVOICE_BY_AMAZON"
SHIPPED = frozenset({status.PARTIALLY_SHIPPED, status.SHIPPED})


@dataclass(frozen=True, slots=True)
class VatInvoice:
    """The metadata of the PDF. `transaction_id` is Amazon's id of the refund that a credit note is about."""

    number: str
    invoice_number: str
    total: Money
    vat: Money
    document_type: str = INVOICE
    transaction_id: str | None = None


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


def find_refusal_reason(country: str, amazon_status: str, programs: Collection[str], *, writable: bool) -> str | None:
    """Return the reason an order's invoice cannot be uploaded now (a code of `messages`), or None.

    `writable`: the store imports orders, so Channeldesk may change them.
    """
    if country not in COUNTRIES:
        return "vat_invoice_not_there"
    if BY_AMAZON in programs:
        return "vat_invoice_by_amazon"
    if not writable:
        return "vat_invoice_read_only"
    if amazon_status == status.CANCELLED:
        return "vat_invoice_cancelled"
    return None if amazon_status in SHIPPED else "vat_invoice_unshipped"
