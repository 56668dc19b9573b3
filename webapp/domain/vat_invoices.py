"""A tax invoice of the seller's as Amazon is given it, to show to its buyer."""

from dataclasses import dataclass

from webapp.domain.money import Money

FEED_TYPE = "UPLOAD_VAT_INVOICE"
KIND = "vat_invoice"
INVOICE, CREDIT_NOTE = "Invoice", "CreditNote"
# Where Amazon takes such invoices, by country.
COUNTRIES = frozenset(("BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE"))


@dataclass(frozen=True, slots=True)
class VatInvoice:
    """What goes with the PDF. `transaction_id` is Amazon's id of the refund that a credit note is about."""

    number: str
    invoice_number: str
    total: Money
    vat: Money
    document_type: str = INVOICE
    transaction_id: str | None = None
