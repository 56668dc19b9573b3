"""What tests read from pages and send to them."""

import re
from html import unescape

from werkzeug.test import TestResponse

HTMX = {"HX-Request": "true"}


def plain(response: TestResponse) -> str:
    """Return the page's text without tags, its white space folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(response.get_data(as_text=True))).split())


def fields(response: TestResponse) -> dict[str, str]:
    """Return what the page's inputs would send, untouched."""
    values = {}
    for tag in re.findall(r"<input[^>]+>", response.text):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") in {"checkbox", "radio"} and " checked" not in tag:
            continue
        if "name" in attributes:
            values[attributes["name"]] = unescape(attributes.get("value", ""))
    return values
