"""Shipping labels bought from Amazon."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "label_unknown": _l("There is no shipping label %(name)s."),
    "labels_running": _l("The labels of this account are being processed."),
    # The label that was requested.
    "label_sender_missing": _l("Enter the address that %(store)s ships from first."),
    "label_buying": _l("A label of this order is being bought. Wait for the result."),
    "label_format_unknown": _l("Choose PDF or ZPL."),
    "label_unit_unknown": _l("Choose a unit."),
    "label_size_invalid": _l("Enter a number greater than 0 and at most %(most)s."),
    "label_rule_unknown": _l("Choose a rule."),
    "label_preset_required": _l("Choose a package."),
    "label_preset_unknown": _l("This package preset was deleted."),
    "label_preset_other_store": _l("The package preset belongs to another store than the order."),
    "label_preset_name_used": _l("The store has a package of this name."),
    "label_field_required": _l("Fill in this field."),
    "label_text_too_long": _l("Enter at most %(most)s characters."),
    "label_country_invalid": _l("Enter the country as two letters, such as DE."),
    "label_region_required": _l("Amazon requires the state or county for this country."),
    # Choosing a service.
    "label_not_offered": _l("This label was chosen or discarded already."),
    "label_offers_old": _l("The prices are too old. Request the services again."),
    "label_service_required": _l("Choose a service."),
    "label_needs_inputs": _l("Amazon needs more data, such as for customs. Buy this label in Seller Central."),
    "label_format_missing": _l("The carrier does not print labels in this format."),
    "label_no_service": _l("Amazon offers no service for this package."),
    "label_none_in_time": _l("No service arrives by the date Amazon promised the buyer."),
    # Why it was not bought.
    "label_no_funds": _l("Amazon could not charge your account. Check your payment method in Seller Central."),
    "label_sender_invalid": _l("Amazon does not accept the address you ship from. Correct it in the store's settings."),
    "label_terms_missing": _l("Accept the carrier's terms in Seller Central first."),
    "label_shipped_meanwhile": _l("Amazon already shows these items as shipped, so no label was bought."),
    "label_order_changed": _l("The order has changed since the services were requested, so no label was bought."),
    "label_before_restore": _l("Discarded after a restore, since it may have been bought before."),
    # After the purchase.
    "label_answer_lost": _l(
        "Amazon's answer was lost, so the label may have been bought. The order is being checked for its package. "
        "It is not bought again."
    ),
    "label_without_document": _l(
        "Amazon's answer was lost, but the order shows the package. Enter the shipment ID from Seller Central to get "
        "the label, or print it there."
    ),
    "label_shown_at_amazon": _l("Amazon showed the package before, so no shipment was created for it."),
    "label_of_other_order": _l("This shipment ID belongs to another order."),
    "label_without_shipment_id": _l("Enter the shipment ID from Seller Central first, or request the refund there."),
    "label_shipment_id_invalid": _l("Enter the shipment ID as Seller Central shows it."),
    "label_needs_no_shipment_id": _l("This label needs no shipment ID."),
    "label_nothing_to_check": _l("There is nothing to check for this label."),
    "label_not_discardable": _l("This label cannot be discarded now."),
    "label_not_refundable": _l("This label cannot be refunded now."),
    "label_refund_too_late": _l("The carrier's time for refunds of unused labels is over."),
    "label_document_gone": _l("The document of this label was deleted. Print it in Seller Central."),
    "label_none_to_print": _l("None of these labels has a PDF to print."),
    # What happened, in the history of the order.
    "label_bought": _l("Shipping label bought: %(carrier)s %(service)s, %(tracking_number)s, %(amount)s %(currency)s"),
    "label_failed": _l("Shipping label not bought: %(why)s"),
    "label_unknown_outcome": _l("Shipping label: Amazon's answer was lost"),
    "label_not_bought": _l("Shipping label: confirmed manually that it was not bought"),
    "label_discarded": _l("Shipping label discarded: %(why)s"),
    "label_identified": _l("Shipping label: shipment ID entered"),
    "label_refund_requested": _l("Refund of the shipping label %(tracking_number)s requested"),
    "label_refund_pending": _l("Refund of the shipping label %(tracking_number)s accepted by Amazon"),
    "label_refunded": _l("Shipping label %(tracking_number)s refunded: %(amount)s %(currency)s"),
    "label_refund_rejected": _l("Refund of the shipping label %(tracking_number)s rejected by the carrier"),
    "label_refund_refused": _l("Refund of the shipping label %(tracking_number)s refused: %(why)s"),
    # Settings and bulk actions.
    "label_sender_changed": _l("Address that labels are sent from changed"),
    "package_preset_added": _l("Package preset %(name)s added"),
    "package_preset_deleted": _l("Package preset %(name)s deleted"),
    "bulk_label_requested": _l("Label requested"),
}
