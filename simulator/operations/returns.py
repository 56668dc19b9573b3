"""Returns that buyers request, and the flat file of the returns of merchant-fulfilled orders.

The columns are those of amzn/selling-partner-api-models #284; some files name them with hyphens, have the order item id
and write dates in ISO 8601. Returns without a parcel have no RMA id (#4229).
"""

from typing import Any

from simulator.operations.errors import InvalidStateError
from simulator.state.clock import format_iso, parse_iso
from simulator.state.marketplaces import BY_ID
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

REPORT_TYPE = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
COLUMNS = (
    *("Order ID", "Order date", "Return request date", "Return request status", "Amazon RMA ID", "Merchant RMA ID"),
    *("Label type", "Label cost", "Currency code", "Return carrier", "Tracking ID", "Label to be paid by"),
    *("A-to-Z Claim", "Is prime", "ASIN", "Merchant SKU", "Item Name", "Return quantity", "Return Reason", "In policy"),
    *("Return type", "Resolution", "Invoice number", "Return delivery date", "Order Amount", "Order quantity"),
    *("SafeT Action reason", "SafeT claim id", "SafeT claim state", "SafeT claim creation time"),
    *("SafeT claim reimbursement amount", "Refunded Amount"),
)


def open_return(
    world: WorldState,
    order: OrderRecord,
    *,
    item: int = 0,
    quantity: int = 1,
    reason: str = "CR-UNWANTED_ITEM",
    returnless: bool = False,
    requested: str | None = None,
) -> str:
    """Let the buyer return units of a shipped order, now or at the time `requested`; return the id of the return.

    Raises InvalidStateError.
    """
    line = order.body["orderItems"][item]
    if order.is_fba or line["quantityOrdered"] - line["fulfillment"]["quantityUnfulfilled"] < quantity:
        raise InvalidStateError("only shipped units of a merchant-fulfilled order can be returned")
    return_id = f"R{world.next_serial('return'):06d}"
    rma = f"D{return_id[1:]}xRRMA"
    parcel = {"rma": rma, "label": "AmazonUnPaidLabel", "carrier": "DHL", "tracking": f"JJD{return_id[1:]}0000000000"}
    world.save_return(
        return_id,
        {
            "seller": order.seller_id,
            "order": order.id,
            "item": line["orderItemId"],
            "quantity": quantity,
            "reason": reason,
            "status": "Approved",
            "requested": requested or format_iso(world.now()),
            "delivered": None,
            **({} if returnless else parcel),
        },
    )
    return return_id


def deliver(world: WorldState, return_id: str) -> None:
    """Deliver the parcel of a return to the seller."""
    entry = world.returns[return_id]
    world.save_return(return_id, {**entry, "status": "Completed", "delivered": format_iso(world.now())})


def select(world: WorldState, report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the returns that were requested in the report's window in its marketplaces."""
    return [
        entry
        for entry in world.returns.values()
        if entry["seller"] == report["seller"]
        and world.orders[entry["order"]].body["salesChannel"].get("marketplaceId") in report["marketplaceIds"]
        and report["dataStartTime"] <= entry["requested"] <= report["dataEndTime"]
    ]


def format_report(world: WorldState, entries: list[dict[str, Any]]) -> str:
    """Return the file with its header line, in the layout that the switch `hyphenated_returns` chooses."""
    hyphenated = world.switches["hyphenated_returns"]
    names = [*COLUMNS, "Order Item ID"] if hyphenated else list(COLUMNS)
    head = [name.lower().replace(" ", "-") for name in names] if hyphenated else names
    rows = [_cells(world, entry, iso_dates=hyphenated) for entry in entries]
    lines = ["\t".join(head), *("\t".join(row.get(name, "") for name in names) for row in rows)]
    return "\n".join(lines) + "\n"


def _cells(world: WorldState, entry: dict[str, Any], *, iso_dates: bool) -> dict[str, str]:
    body = world.orders[entry["order"]].body
    item = next(line for line in body["orderItems"] if line["orderItemId"] == entry["item"])

    def format_date(text: str | None) -> str:
        if not text:
            return ""
        return text[:10] if iso_dates else parse_iso(text).strftime("%d-%b-%Y")

    total = body.get("proceeds", {}).get("grandTotal", {})
    return {
        "Order ID": body["orderId"],
        "Order Item ID": entry["item"],
        "Order date": format_date(body["createdTime"]),
        "Return request date": format_date(entry["requested"]),
        "Return request status": entry["status"],
        "Amazon RMA ID": entry.get("rma", ""),
        "Label type": entry.get("label", ""),
        "Label cost": "0.00" if entry.get("label") else "",
        "Currency code": BY_ID[body["salesChannel"]["marketplaceId"]].currency,
        "Return carrier": entry.get("carrier", ""),
        "Tracking ID": entry.get("tracking", ""),
        "Label to be paid by": "Customer" if entry.get("label") else "",
        "A-to-Z Claim": "N",
        "Is prime": "Y" if "PRIME" in body.get("programs", ()) else "N",
        "ASIN": item["product"].get("asin", ""),
        "Merchant SKU": item["product"].get("sellerSku", ""),
        "Item Name": item["product"].get("title", ""),
        "Return quantity": str(entry["quantity"]),
        "Return Reason": entry["reason"],
        "In policy": "Y",
        "Return type": "C-Returns",
        "Resolution": "StandardRefund",
        "Return delivery date": format_date(entry["delivered"]),
        "Order Amount": str(total.get("amount", "")),
        "Order quantity": str(item["quantityOrdered"]),
        "Refunded Amount": "",
    }
