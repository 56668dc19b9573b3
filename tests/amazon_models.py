"""Amazon's own API models, where they are at hand: whether a body is one they allow."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

MODELS = Path(os.environ.get("CHANNELDESK_SPAPI_MODELS") or Path(__file__).parents[2] / "shared" / "sp-api-models")
needs_models = pytest.mark.skipif(
    not (MODELS / "orders_2026-01-01.json").is_file(),
    reason="Amazon's models are not here: name their folder in CHANNELDESK_SPAPI_MODELS",
)


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
