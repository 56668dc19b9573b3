"""Texts about returns."""

from webapp.core.i18n.locale import lazy_gettext as _l

SENTENCES = {
    "return_unknown": _l("There is no return %(name)s."),
    "return_restocked": _l("The units of this return are in stock already."),
    "return_without_stock": _l("Stock is not managed for %(sku)s. Switch it on on the page of the product."),
    "return_not_open": _l("This return is not open."),
    "return_not_closed": _l("This return is not closed."),
    "returns_running": _l("The returns of this account are being read. Try again in a moment."),
    "return_requested": _l("The buyer returns %(quantity)s × %(item)s"),
    "return_restocked_event": _l("%(quantity)s × %(item)s returned to stock"),
    "return_closed": _l("Return of %(quantity)s × %(item)s closed"),
    "return_reopened": _l("Return of %(quantity)s × %(item)s reopened"),
}
# Amazon's codes of reasons. Others are shown as they are.
REASONS = {
    "CR-UNWANTED_ITEM": _l("No longer wanted"),
    "CR-DEFECTIVE": _l("Defective"),
    "CR-DAMAGED_BY_CARRIER": _l("Damaged by the carrier"),
    "CR-DAMAGED_BY_FC": _l("Damaged in the warehouse"),
    "CR-SWITCHEROO": _l("Wrong item sent"),
    "CR-QUALITY_UNACCEPTABLE": _l("Quality not as expected"),
    "CR-NOT_AS_DESCRIBED": _l("Not as described"),
    "CR-MISSED_ESTIMATED_DELIVERY": _l("Arrived too late"),
    "CR-MISSING_PARTS": _l("Parts missing"),
    "CR-ORDERED_WRONG_ITEM": _l("Ordered by mistake"),
    "CR-FOUND_BETTER_PRICE": _l("Better price found"),
    "CR-NO_REASON_GIVEN": _l("No reason given"),
    "CR-UNAUTHORIZED_PURCHASE": _l("Unauthorized purchase"),
    "CR-UNDELIVERABLE_UNKNOWN": _l("Undeliverable"),
}


def describe_reason(code: str) -> str:
    """Return Amazon's reason in words; one that is not known as Amazon writes it."""
    reason = REASONS.get(code)
    return code if reason is None else str(reason)
