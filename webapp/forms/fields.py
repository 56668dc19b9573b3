"""Choices of a field from a table."""

from collections.abc import Mapping
from typing import Any

from wtforms.fields.choices import SelectChoice


def build_choices(texts: Mapping[str, Any]) -> list[SelectChoice]:
    """Build a choice per row, value → text, in the table's order."""
    return [SelectChoice(value, text) for value, text in texts.items()]
