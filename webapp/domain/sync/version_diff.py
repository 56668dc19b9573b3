"""Differences between two versions of an order as Amazon sent them, field by field."""

from collections.abc import Iterator
from typing import Any, NamedTuple

# All other fields may be personal: a field that Amazon adds is masked until it is listed here.
_PUBLIC = frozenset(
    (
        "associatedOrders",
        "createdTime",
        "fulfillment",
        "lastUpdatedTime",
        "orderId",
        "orderItems",
        "packages",
        "payment",
        "proceeds",
        "programs",
        "salesChannel",
    )
)
# Personal texts and places inside them.
_PRIVATE = frozenset(
    ("cancelReason", "customization", "giftOption", "shipFromAddress", "deliveryPreference", "recipient", "buyer")
)
# How Amazon's lists name their members, so that one that was put in front does not change all the others.
_NAMES = ("orderItemId", "packageReferenceId", "type", "subtype", "orderId")


class Difference(NamedTuple):
    """`path` as Amazon names its fields; `before` and `after` are values of JSON, None where there was none."""

    path: str
    before: Any
    after: Any
    personal: bool


def find_differences(before: Any, after: Any) -> list[Difference]:
    """Return the leaves that differ, by path."""
    old, new = dict(_iterate_leaves(before, ())), dict(_iterate_leaves(after, ()))
    return [
        Difference(".".join(path), old.get(path), new.get(path), is_personal(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def is_personal(path: tuple[str, ...]) -> bool:
    return path[:1] != () and (path[0] not in _PUBLIC or not _PRIVATE.isdisjoint(path))


def _iterate_leaves(body: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(body, dict):
        for name, value in body.items():
            yield from _iterate_leaves(value, (*path, str(name)))
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from _iterate_leaves(value, (*path, _format_name(value, index)))
    elif body is not None:
        yield path, body


def _format_name(member: Any, index: int) -> str:
    if isinstance(member, dict):
        for name in _NAMES:
            if isinstance(member.get(name), str):
                return str(member[name])
    return str(index)
