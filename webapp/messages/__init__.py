"""Messages for codes of errors, events and states: the pages and the command line show the same text."""

import pkgutil
from importlib import import_module
from typing import Any

from webapp.messages.status_labels import LABELS

# Every module of the package but `status_labels`.
CATALOGUES = [
    import_module(f"{__name__}.{module.name}")
    for module in pkgutil.iter_modules(__path__)
    if module.name != "status_labels"
]
SENTENCES = {code: text for catalogue in CATALOGUES for code, text in catalogue.SENTENCES.items()}


class _Arguments(dict[str, Any]):
    """Message arguments. A missing one is shown as "…", since stored events may lack arguments of a changed text."""

    def __missing__(self, name: str) -> str:
        return "…"


def text_for(code: str, arguments: dict[str, Any] | None = None) -> str:
    """Return the message for a code in the current locale, or in English outside a request.

    An unknown code is returned as it is, so that the user sees it.
    """
    template = SENTENCES.get(code)
    return str(template) % _Arguments(_add_labels(arguments or {})) if template is not None else code


def _add_labels(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with labels for codes of statuses, states and reasons.

    Adds `why`, from `words` or `cause`, and `parcel`, the carrier and tracking number as far as they are known.
    """
    result = dict(arguments)
    if "tracking_number" in result:
        parts = [result.get("carrier"), result["tracking_number"] or SENTENCES["parcel_untracked"]]
        result["parcel"] = " ".join(str(part) for part in parts if part)
    for name, kinds in {
        "status": ("amazon_status",),
        "state": ("order_state", "submission_state"),
        "mail_kind": ("mail_kind",),
    }.items():
        labels = [LABELS[kind][result[name]] for kind in kinds if str(result.get(name)) in LABELS[kind]]
        if labels:
            result[name] = labels[0].text
    reason = SENTENCES.get(f"reason_{result.get('reason')}")
    if reason is not None:
        result["reason"] = reason
    warning = LABELS["tracking_warning"].get(str(result.get("question")))
    if warning is not None:
        result["question"] = warning.text
    if result.get("words") or result.get("cause"):
        result["why"] = result.get("words") or text_for(result["cause"])
        if result.get("sku"):
            result["why"] = f"{result['sku']}: {result['why']}"
    return result
