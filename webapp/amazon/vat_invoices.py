"""Feed options for the PDF of a tax invoice."""

from webapp.amazon.order_schema import NUMBER
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.common.marketplaces import BY_ID
from webapp.domain.invoicing.vat_invoices import (
    COUNTRIES,
    CREDIT_NOTE,
    INVOICE,
    OPTION_SIGNS,
    VatInvoice,
    is_valid_option,
)

PDF_MAGIC = b"%PDF-"
# Amazon's limit for one invoice.
MAX_PDF_BYTES = 10_000_000


def build_feed_options(marketplace_id: str, invoice: VatInvoice, pdf: bytes) -> tuple[tuple[str, str], ...]:
    """Return (name, value) of each option. Raises InvalidRequest for an invoice Amazon would reject."""
    _check(marketplace_id, invoice, pdf)
    subject = {"ShippingId": invoice.shipping_id} if invoice.shipping_id else {"OrderId": invoice.number}
    options = {
        **subject,
        "InvoiceNumber": invoice.invoice_number,
        "TotalAmount": invoice.total.amount,
        "TotalVATAmount": invoice.vat.amount,
        "DocumentType": invoice.document_type,
    }
    if invoice.transaction_id:
        options["TransactionId"] = invoice.transaction_id
    return tuple((f"metadata:{name}", value) for name, value in options.items())


def _check(marketplace_id: str, invoice: VatInvoice, pdf: bytes) -> None:
    marketplace = BY_ID.get(marketplace_id)
    if marketplace is None or marketplace.country_code not in COUNTRIES:
        raise InvalidRequest(f"Amazon takes tax invoices in {', '.join(sorted(COUNTRIES))} only.")
    if not NUMBER.fullmatch(invoice.number):
        raise InvalidRequest("That is not an Amazon order number.")
    for value in (invoice.invoice_number, invoice.shipping_id, invoice.transaction_id):
        if value is not None and not is_valid_option(value):
            raise InvalidRequest(f"Amazon accepts only letters, digits, spaces and {OPTION_SIGNS} in numbers and ids.")
    if invoice.document_type not in (INVOICE, CREDIT_NOTE):
        raise InvalidRequest(f"Amazon takes an {INVOICE} or a {CREDIT_NOTE}, not {invoice.document_type!r}.")
    if invoice.document_type == CREDIT_NOTE and not invoice.transaction_id:
        raise InvalidRequest("Amazon rejects a credit note without the id of its refund's transaction.")
    if invoice.total.currency != invoice.vat.currency or not 0 <= invoice.vat.minor <= invoice.total.minor:
        raise InvalidRequest("The tax of an invoice is a part of its total, in the same currency.")
    if not pdf.startswith(PDF_MAGIC) or len(pdf) > MAX_PDF_BYTES:
        raise InvalidRequest(f"An invoice is a PDF of up to {MAX_PDF_BYTES} bytes.")
