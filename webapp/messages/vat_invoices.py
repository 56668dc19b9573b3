"""Tax invoices uploaded to Amazon."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "submission_vat_invoice": _l("%(number)s: %(amount)s %(currency)s"),
    "vat_invoice_not_there": _l("Amazon accepts tax invoices only in its EU and UK marketplaces."),
    "vat_invoice_by_amazon": _l("Amazon creates the invoice of this order itself."),
    "vat_invoice_calculation_service": _l(
        "This store uses Amazon's VAT Calculation Service, so Amazon creates its invoices and accepts none from you. "
        "If that is no longer so, change it in the order settings of the store."
    ),
    "vat_invoice_facilitator": _l(
        "Amazon collects the tax of this order and creates its invoice, so it accepts none from you."
    ),
    "vat_invoice_made_by_amazon": _l(
        "Amazon creates the invoice of this order itself, so uploading it again does not help. If you use Amazon's VAT "
        "Calculation Service, enable it in the order settings of the store: nothing is uploaded then."
    ),
    "vat_invoice_totals_wrong": _l(
        "Amazon does not know the order or shipment, or its total or VAT differs from this document's. Compare the "
        "amounts in Seller Central. An invoice of a part of an order needs the shipping ID of that part."
    ),
    "vat_invoice_not_enabled": _l(
        "Amazon has not enabled invoice uploads for this seller account. Enable them in Seller Central, under the tax "
        "settings, or ask Seller Support; then upload it again."
    ),
    "vat_invoice_number_characters": _l(
        "Amazon accepts only the letters A to Z, digits, spaces and , / \\ - _ ; : # in the number of an invoice."
    ),
    "vat_invoice_transaction_missing": _l(
        "Amazon rejects a credit note without the ID of its refund's transaction. Channeldesk enters it once Amazon's "
        "payments show the refund, up to 48 hours later. Or enter it from Seller Central."
    ),
    "vat_invoice_shipping_missing": _l(
        "This invoice is for a part of the order, so Amazon needs the shipping ID of that part. Channeldesk enters it "
        "once Amazon's payments show the shipment, up to 48 hours later. Or enter it from Seller Central."
    ),
    "vat_invoice_id_malformed": _l("Amazon's IDs have letters, digits and , / \\ - _ ; : # only."),
    "vat_invoice_read_only": _l(
        "Import of Amazon orders is disabled for this store, so its orders are read-only. Enable it in the order "
        "settings, or use Seller Central."
    ),
    "vat_invoice_cancelled": _l("This order is cancelled, so Amazon accepts no invoice for it."),
    "vat_invoice_unshipped": _l("Amazon accepts the invoice once it shows a shipment of the order."),
    "vat_invoice_seller_missing": _l(
        "A tax invoice needs your name and address, and your VAT number. Enter them under Documents and language of "
        "the store, then upload it again."
    ),
    "vat_invoice_address_missing": _l(
        "A tax invoice needs your name and address, in two lines at least. Enter them under Documents and language of "
        "the store, then upload it again."
    ),
    "vat_invoice_tax_number_missing": _l(
        "A tax invoice needs your VAT number. Enter it under Documents and language of the store, then upload it again."
    ),
    "vat_invoice_rate_missing": _l(
        "Amazon reports no VAT for an item of this document, so it names no VAT rate, and a tax invoice has to. Upload "
        "an invoice with the rate in Seller Central."
    ),
    "vat_invoice_rate_unclear": _l(
        "Amazon's amounts allow no VAT rate for an item of this document, or several, so it names none, and a tax "
        "invoice has to. Upload an invoice with the rate in Seller Central."
    ),
    "vat_invoice_asked": _l("This document is being uploaded to Amazon. Follow it under Sent to Amazon."),
    "vat_invoice_done": _l("Amazon has this document."),
    "vat_invoice_memo_open": _l("This credit memo refunded nothing, so it has no credit note."),
    "vat_invoice_without_report": _l(
        "Amazon finished the upload but gave no report. Check in Seller Central, or upload it again: Amazon "
        "accepts it once."
    ),
    "vat_invoice_report_contradicts": _l(
        "Amazon's report contradicts itself. Check in Seller Central, or upload it again: Amazon accepts it once."
    ),
    "vat_invoice_requested": _l("%(number)s to be uploaded to Amazon"),
    "vat_invoice_undone": _l("Upload of %(number)s undone before it was sent"),
    "vat_invoice_accepted": _l("Amazon accepted %(number)s"),
    "vat_invoice_verified": _l("%(number)s uploaded and verified"),
    "vat_invoice_rejected": _l("Upload of %(number)s refused"),
    "vat_invoice_unproved": _l("Upload of %(number)s unconfirmed"),
    "vat_invoice_conflict": _l("Upload of %(number)s needs a decision"),
    "vat_invoice_insisted": _l("%(number)s uploaded anyway"),
    "vat_invoice_not_needed": _l("%(number)s not sent: Amazon already has it"),
    "note_vat_invoice_requested": _l("%(number)s to be uploaded to Amazon"),
    "note_vat_invoice_undone": _l("Upload undone before it was sent"),
    "note_vat_invoice_rejected": _l("Upload of an invoice refused: %(why)s"),
    "note_vat_invoice_unproved": _l("Upload of an invoice unconfirmed"),
    "note_vat_invoice_conflict": _l("Upload of an invoice needs a decision"),
}
