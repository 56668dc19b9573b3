"""Orders API 2026-01-01: search, read and cancel. Stays true to the account's marketplaces and to its roles."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from webapp.amazon.client import Client
from webapp.amazon.dataset_fallback import call_with_fallback
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    MalformedError,
    block,
    instant,
    text,
)
from webapp.amazon.order_schema import (
    LARGEST_ORDER,
    NUMBER,
    UnreadableOrderError,
    lazy_orders,
    parse_order,
)
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.amazon.types import DATASETS, AmazonOrder, OrderPage
from webapp.domain.common.marketplaces import BY_ID, ENDPOINTS, REGIONS

PATH = "/orders/2026-01-01/orders"
# Amazon's own limit of one call.
MOST_MARKETPLACES = 50
# A token is opaque; one longer than this is no token.
LONGEST_TOKEN = 16_384

# The feed's words for a reason -> cancelOrder's. GeneralAdjustment has no twin there.
REST_REASONS = {
    "NoInventory": "NO_INVENTORY",
    "BuyerCanceled": "BUYER_CANCELLED",
    "ShippingAddressUndeliverable": "SHIPPING_ADDRESS_UNDELIVERABLE",
    "CustomerExchange": "CUSTOMER_EXCHANGE",
    "PricingError": "PRICING_ERROR",
}


def search(
    client: Client,
    *,
    updated_after: datetime,
    updated_before: datetime | None,
    marketplace_ids: Sequence[str],
    token: str | None,
    missing: frozenset[str],
    refused: frozenset[str] = frozenset(),
    page_size: int = 100,
) -> OrderPage:
    """One page of what changed after `updated_after`. With a `token` the datasets stay as they are."""
    params = {
        "lastUpdatedAfter": stamp(updated_after),
        "marketplaceIds": ",".join(checked_marketplaces(client.credentials.endpoint, marketplace_ids)),
        "maxResultsPerPage": str(page_size),
    }
    if updated_before is not None:
        params["lastUpdatedBefore"] = stamp(updated_before)
    if token is not None:
        params["paginationToken"] = token

    def ask(datasets: frozenset[str]) -> OrderPage:
        gone = frozenset(DATASETS) - datasets
        return client.call(
            "searchOrders", "GET", PATH, lambda answer: _page(answer, gone), params={**params, **_included(datasets)}
        )

    # A token goes with the filters of the call that gave it: with other datasets it would be refused for that.
    return ask(frozenset(DATASETS) - missing) if token is not None else call_with_fallback(ask, missing, refused)[0]


def probe(client: Client, marketplace_ids: Sequence[str], now: datetime) -> frozenset[str]:
    """The datasets Amazon refuses this account."""
    page = search(
        client,
        updated_after=now - timedelta(days=1),
        updated_before=None,
        marketplace_ids=marketplace_ids,
        token=None,
        missing=frozenset(),
        page_size=1,
    )
    return page.missing


def read(client: Client, number: str, missing: frozenset[str]) -> AmazonOrder:
    """One order; its own `missing` says which datasets could not be had."""
    path = f"{PATH}/{checked_number('getOrder', number)}"

    def ask(datasets: frozenset[str]) -> AmazonOrder:
        gone = frozenset(DATASETS) - datasets
        return client.call(
            "getOrder", "GET", path, lambda answer: _one(answer, number, gone), params=_included(datasets)
        )

    return call_with_fallback(ask, missing)[0]


def cancel(client: Client, number: str, reason: str) -> None:
    """Ask Amazon to cancel a whole order; a return means the wish was accepted, not that the order is cancelled."""
    code = REST_REASONS.get(reason)
    if code is None:
        raise InvalidRequest(f"cancelOrder has no reason for {reason}; a feed may have.", operation="cancelOrder")
    path = f"{PATH}/{checked_number('cancelOrder', number)}/cancellation"
    client.call("cancelOrder", "PUT", path, _accepted, body={"cancelReasonCode": code}, repeat_safe=False)


def checked_number(operation: str, number: str) -> str:
    if not NUMBER.fullmatch(number):
        raise InvalidRequest("That is not an Amazon order number.", operation=operation)
    return number


def checked_marketplaces(endpoint: str, marketplace_ids: Iterable[str]) -> list[str]:
    """The ids, once each. Raises InvalidRequest for none, too many, or one of another region than the endpoint's."""
    ids = list(dict.fromkeys(marketplace_ids))
    if not 0 < len(ids) <= MOST_MARKETPLACES:
        raise InvalidRequest(f"Amazon takes 1 to {MOST_MARKETPLACES} marketplaces at once, not {len(ids)}.")
    region = next((name for name, address in ENDPOINTS.items() if address == endpoint.rstrip("/")), None)
    for marketplace_id in ids:
        known = BY_ID.get(marketplace_id)
        if region and known and known.region != region:
            raise InvalidRequest(
                f"{known.name} ({known.id}) belongs to {REGIONS[known.region]}, but this account's endpoint is "
                f"{REGIONS[region]}'s."
            )
    return ids


def stamp(moment: datetime) -> str:
    """A time as Amazon reads it; the fraction beyond milliseconds is cut."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _included(datasets: frozenset[str]) -> dict[str, str]:
    return {"includedData": ",".join(name for name in DATASETS if name in datasets)}


def _page(answer: AmazonResponse, missing: frozenset[str]) -> OrderPage:
    body = answer.json()
    orders = body.get("orders")
    if type(orders) is not list:
        raise MalformedError("orders is missing" if orders is None else "orders is not a list")
    return OrderPage(
        orders=lazy_orders(orders, missing),
        next_token=text(block(body, "pagination"), "nextToken", "pagination.", LONGEST_TOKEN),
        updated_before=instant(body, "lastUpdatedBefore"),
        request_id=answer.request_id,
        missing=missing,
    )


def _one(answer: AmazonResponse, number: str, missing: frozenset[str]) -> AmazonOrder:
    raw = answer.json().get("order")
    if raw is None:
        raise MalformedError("order is missing")
    if len(answer.body) > LARGEST_ORDER:
        raise MalformedError(f"the order is longer than {LARGEST_ORDER} characters")
    try:
        order = parse_order(raw, missing, answer.request_id)
    except UnreadableOrderError as error:
        raise MalformedError(f"order.{error.cause}") from error
    if order.number != number:
        raise MalformedError("it is another order")
    return order


def _accepted(answer: AmazonResponse) -> None:
    # 202 with nothing in it is all that is promised; a page in its place comes from somebody else.
    if answer.status != 202 or answer.body.strip() not in (b"", b"{}"):
        raise answer.unintelligible(f"status {answer.status} and something that is not its acceptance")
