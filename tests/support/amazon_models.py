"""Amazon's own API models, where they are at hand: whether a body is one they allow."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

ROOT = Path(__file__).parents[2]
# The models the product's requests and the simulator's answers are checked against.
USED = (
    "feeds_2021-06-30.json",
    "finances_2024-06-19.json",
    "merchantFulfillmentV0.json",
    "messaging.json",
    "ordersV0.json",
    "orders_2026-01-01.json",
    "reports_2021-06-30.json",
    "sellers.json",
    "tokens_2021-03-01.json",
)
# `make models` copies them to the first; the second is where a workplace may keep them for several checkouts.
_FOLDERS = (ROOT / ".amazon-models", ROOT.parent / "shared" / "sp-api-models")
MODELS = next((folder for folder in _FOLDERS if (folder / USED[0]).is_file()), _FOLDERS[0])
_SKIP = pytest.mark.skipif(
    not (MODELS / USED[0]).is_file(),
    reason="Amazon's models are not here: `make models MODELS=folder` takes them from a clone",
)
NEEDS_MODELS = [_SKIP, pytest.mark.amazon_models]

# A folder that is kept for several checkouts may lack a model that was added since.
NEEDS_ALL_MODELS = [
    *NEEDS_MODELS,
    pytest.mark.skipif(
        not all((MODELS / name).is_file() for name in USED),
        reason="some of Amazon's models are not here: `make models MODELS=folder` takes them from a clone",
    ),
]


def needs_models(test: Any) -> Any:
    """Mark a test that validates against Amazon's models; it is skipped where there are none."""
    for mark in NEEDS_MODELS:
        test = mark(test)
    return test


def needs_all_models(test: Any) -> Any:
    """Mark a test like `needs_models`; it is skipped too where one of the models is missing."""
    for mark in NEEDS_ALL_MODELS:
        test = mark(test)
    return test


def closed(schema: Any) -> Any:
    """Amazon's schema, stricter: properties it does not name are wrong, and so are words missing from its lists."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(part) for name, part in schema.items()}
    if isinstance(made.get("properties"), dict) and "additionalProperties" not in made:
        made["additionalProperties"] = False
    words = schema.get("x-docgen-enum-table-extension")
    if words and "enum" not in made and made.get("type") == "string":
        made["enum"] = [word["value"] for word in words]
    return made


@cache
def validator(model: str, definition: str) -> Draft4Validator:
    definitions = closed(json.loads((MODELS / f"{model}.json").read_text())["definitions"])
    return Draft4Validator(
        {"$ref": f"#/definitions/{definition}", "definitions": definitions}, format_checker=FormatChecker()
    )


def check(body: Any, model: str, definition: str) -> None:
    wrong = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator(model, definition).iter_errors(body)
    ]
    assert wrong == [], "\n".join(wrong)
