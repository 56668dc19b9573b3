"""The ZIP file of a customized item (Amazon Custom): the buyer's choices as JSON, and a drawing of them as SVG."""

import io
import json
import zipfile
from typing import Any

from simulator.operations.order_features import CUSTOMIZATION_PATH, make_customization_path
from simulator.state.world_state import WorldState

TEXT = "Für Oma ♥ 1949"


def add_host(order: dict[str, Any], host_url: str) -> dict[str, Any]:
    """Return the order with complete addresses of its customizations. `host_url` ends with a slash."""
    for item in order["orderItems"]:
        customization = item["product"].get("customization")
        if customization and customization["customizedUrl"].startswith(CUSTOMIZATION_PATH):
            url = host_url.rstrip("/") + customization["customizedUrl"]
            item["product"] = {**item["product"], "customization": {"customizedUrl": url}}
    return order


def find_archive(world: WorldState, order_item_id: str, token: str) -> bytes | None:
    """Return the ZIP file at this address; None if there is none."""
    path = f"{CUSTOMIZATION_PATH}{order_item_id}/{token}/30"
    if path != make_customization_path(order_item_id):
        return None
    for order in world.orders.values():
        for item in order.body["orderItems"]:
            if item["orderItemId"] == order_item_id and "customization" in item["product"]:
                return _build_archive(order.id, item)
    return None


def _build_archive(number: str, item: dict[str, Any]) -> bytes:
    order_item_id = item["orderItemId"]
    choices = {
        "version": "3.0",
        "orderId": number,
        "orderItemId": order_item_id,
        "asin": item["product"]["asin"],
        "quantity": item["quantityOrdered"],
        "customizationInfo": {
            "version3.0": {
                "surfaces": [
                    {
                        "name": "Surface 1",
                        "areas": [{"customizationType": "TextPrinting", "name": "Engraving", "text": TEXT}],
                    }
                ]
            }
        },
    }
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><text x="20" y="200">{TEXT}</text></svg>'
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in (
            (f"{order_item_id}.json", json.dumps(choices, ensure_ascii=False, indent=1)),
            (f"{order_item_id}.svg", drawing),
        ):
            file.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return archive.getvalue()
