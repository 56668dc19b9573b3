"""Orders generated from Amazon's model, and hostile variants of them, from a seed."""

import copy
import json
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.support.amazon_models import MODELS

# Values that no model allows somewhere, and that JSON can carry.
HOSTILE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    1.5,
    -2.5e300,
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "x" * 5000,
    "1.19E+2",
    "-0.005",
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "2026-03-02t09:00:00z",
    "Ａ１２",
    "<script>alert(1)</script>",
    [],
    {},
    [[]],
    [None],
    {"amount": "1", "currencyCode": "EUR"},
    {"": {"": ""}},
    ["a", 1, {}],
)
_WORDS = ("Alpha", "Größe", "東京", "e\u0301", "O'Neil", "7", "a b", "ﬁ")


@cache
def _definitions() -> dict[str, Any]:
    definitions: dict[str, Any] = json.loads((MODELS / "orders_2026-01-01.json").read_text())["definitions"]
    return definitions


def generate_order(rng: random.Random, serial: int) -> dict[str, Any]:
    """Return an order that Amazon's model allows: each optional field is there or not."""
    order: dict[str, Any] = _generate(rng, {"$ref": "#/definitions/Order"}, "order")
    order["orderId"] = f"302-{serial // 10_000_000:07}-{serial % 10_000_000:07}"
    order["orderItems"] = order["orderItems"] or [_generate(rng, {"$ref": "#/definitions/OrderItem"}, "item")]
    for index, item in enumerate(order["orderItems"]):
        item["orderItemId"] = f"{serial:012}{index:02}"
    return order


def damage_order(rng: random.Random, order: dict[str, Any]) -> Any:
    """Return the order with some values replaced, removed, repeated or renamed."""
    damaged = copy.deepcopy(order)
    if rng.random() < 0.02:
        return rng.choice(HOSTILE)
    for _ in range(rng.randint(1, 6)):
        container = _choose_container(rng, damaged)
        keys: list[Any] = list(container) if isinstance(container, dict) else list(range(len(container)))
        if not keys:
            continue
        key = rng.choice(keys)
        action = rng.random()
        if action < 0.65:
            container[key] = copy.deepcopy(rng.choice(HOSTILE))
        elif action < 0.8:
            del container[key]
        elif isinstance(container, dict):
            container[f"{key}X"] = container.pop(key)
        else:
            container.append(copy.deepcopy(container[key]))
    return damaged


def _choose_container(rng: random.Random, value: Any) -> Any:
    while True:
        children = value.values() if isinstance(value, dict) else value
        inner = [child for child in children if isinstance(child, (dict, list))]
        if not inner or rng.random() < 0.3:
            return value
        value = rng.choice(inner)


def _generate(rng: random.Random, schema: dict[str, Any], name: str) -> Any:
    while "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        if target == "Money":
            return {"amount": f"{rng.randint(-5, 500)}.{rng.randint(0, 99):02}", "currencyCode": "EUR"}
        schema = _definitions()[target]
    kind = schema.get("type", "object")
    if kind == "object":
        required = schema.get("required", ())
        return {
            field: _generate(rng, part, field)
            for field, part in schema.get("properties", {}).items()
            if field in required or rng.random() < 0.6
        }
    if kind == "array":
        return [_generate(rng, schema["items"], name) for _ in range(rng.choice((0, 1, 1, 2)))]
    if kind == "integer":
        return rng.randint(0, 5)
    if kind == "number":
        return rng.choice((0.5, 1, 2.25))
    if kind == "boolean":
        return rng.random() < 0.5
    return _generate_text(rng, schema, name)


def _generate_text(rng: random.Random, schema: dict[str, Any], name: str) -> str:
    if name == "marketplaceId":
        return "A1PA6795UKMFR9"
    if name == "marketplaceName":
        return "Amazon.de"
    words = schema.get("enum") or [entry["value"] for entry in schema.get("x-docgen-enum-table-extension", ())]
    if words:
        return str(rng.choice(words))
    if schema.get("format") == "date":
        return "2026-12-24"
    if schema.get("format") == "date-time" or name.endswith(("Time", "DateTime")):
        moment = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(seconds=rng.randint(0, 2_000_000))
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return rng.choice(_WORDS)
