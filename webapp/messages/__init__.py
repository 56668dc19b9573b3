"""What happened, in words: one row a code. The command line and the pages say the same sentence."""

from typing import Any

from webapp.messages import (
    accounts,
    amazon_errors,
    amazon_order_notes,
    bulk,
    cancellations,
    listing,
    mails,
    order_history,
    order_processing,
    orders,
    printing,
    products,
    refunds,
    schedule,
    shipping,
    stores,
    submissions,
    tracking,
    users,
    vat_invoices,
)
from webapp.messages.status_labels import LABELS

CATALOGUES = (
    accounts,
    amazon_errors,
    amazon_order_notes,
    bulk,
    cancellations,
    listing,
    mails,
    order_history,
    order_processing,
    orders,
    printing,
    products,
    refunds,
    schedule,
    shipping,
    stores,
    submissions,
    tracking,
    users,
    vat_invoices,
)
SENTENCES = {code: text for catalogue in CATALOGUES for code, text in catalogue.SENTENCES.items()}


class _Arguments(dict[str, Any]):
    """A row written by an older version may lack what a newer sentence names; the page is shown all the same."""

    def __missing__(self, name: str) -> str:
        return "…"


def text_for(code: str, arguments: dict[str, Any] | None = None) -> str:
    """The sentence of `code` in the reader's language, English outside a request.

    A code without a row is shown as it is, so that nothing is hidden from whoever has to act on it.
    """
    template = SENTENCES.get(code)
    return str(template) % _Arguments(_spoken(arguments or {})) if template is not None else code


def _spoken(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the codes among them in words: statuses, states, reasons; `why` from `words` or `cause`.

    `parcel` is its carrier and its number, as far as somebody has said them.
    """
    said = dict(arguments)
    if "tracking_number" in said:
        known = [said.get("carrier"), said["tracking_number"] or SENTENCES["parcel_untracked"]]
        said["parcel"] = " ".join(str(part) for part in known if part)
    for name, kinds in {
        "status": ("amazon_status",),
        "state": ("order_state", "submission_state"),
        "mail_kind": ("mail_kind",),
    }.items():
        found = [LABELS[kind][said[name]] for kind in kinds if str(said.get(name)) in LABELS[kind]]
        if found:
            said[name] = found[0].text
    reason = SENTENCES.get(f"reason_{said.get('reason')}")
    if reason is not None:
        said["reason"] = reason
    question = LABELS["tracking_warning"].get(str(said.get("question")))
    if question is not None:
        said["question"] = question.text
    if said.get("words") or said.get("cause"):
        said["why"] = said.get("words") or text_for(said["cause"])
        if said.get("sku"):
            said["why"] = f"{said['sku']}: {said['why']}"
    return said
