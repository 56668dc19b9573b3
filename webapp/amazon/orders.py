"""Orders API 2026-01-01: search, get and cancel, within the account's marketplaces and roles."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from webapp.amazon.client import Client
from webapp.amazon.dataset_fallback import call_with_fallback
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    MalformedError,
    optional_object,
    optional_text,
    optional_time,
)
from webapp.amazon.order_schema import (
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
MAX_MARKETPLACES = 50
# Page tokens are opaque; a longer one is not valid.
MAX_TOKEN_LENGTH = 16_384

# Reason in feeds -> reason of cancelOrder, which has none for GeneralAdjustment.
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
    """Return one page of the orders changed after `updated_after`. With a `token` the datasets stay as they are."""
    params = {
        "lastUpdatedAfter": format_time(updated_after),
        "marketplaceIds": ",".join(check_marketplaces(client.credentials.endpoint, marketplace_ids)),
        "maxResultsPerPage": str(page_size),
    }
    if updated_before is not None:
        params["lastUpdatedBefore"] = format_time(updated_before)
    if token is not None:
        params["paginationToken"] = token

    def search_with(datasets: frozenset[str]) -> OrderPage:
        left_out = frozenset(DATASETS) - datasets
        return client.call(
            "searchOrders",
            "GET",
            PATH,
            lambda response: _parse_page(response, left_out),
            params={**params, **_build_dataset_params(datasets)},
        )

    # A page token is valid only with the parameters of the call that returned it.
    return search_with(frozenset(DATASETS) - missing) if token else call_with_fallback(search_with, missing, refused)[0]


def find_refused_datasets(client: Client, marketplace_ids: Sequence[str], now: datetime) -> frozenset[str]:
    """Return the datasets Amazon refuses this account."""
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


def get(client: Client, number: str, missing: frozenset[str]) -> AmazonOrder:
    """Return one order; its `missing` names the datasets that were left out or refused."""
    path = f"{PATH}/{check_order_number('getOrder', number)}"

    def get_with(datasets: frozenset[str]) -> AmazonOrder:
        left_out = frozenset(DATASETS) - datasets
        return client.call(
            "getOrder",
            "GET",
            path,
            lambda response: _parse_order(response, number, left_out),
            params=_build_dataset_params(datasets),
        )

    return call_with_fallback(get_with, missing)[0]


def cancel(client: Client, number: str, reason: str) -> None:
    """Request the cancellation of a whole order. Amazon cancels it later, if at all."""
    code = REST_REASONS.get(reason)
    if code is None:
        raise InvalidRequest(f"cancelOrder has no reason for {reason}; a feed may have.", operation="cancelOrder")
    path = f"{PATH}/{check_order_number('cancelOrder', number)}/cancellation"
    client.call("cancelOrder", "PUT", path, _check_accepted, body={"cancelReasonCode": code}, idempotent=False)


def check_order_number(operation: str, number: str) -> str:
    if not NUMBER.fullmatch(number):
        raise InvalidRequest("That is not an Amazon order number.", operation=operation)
    return number


def check_marketplaces(endpoint: str, marketplace_ids: Iterable[str]) -> list[str]:
    """Return the distinct ids. Raises InvalidRequest for none, too many, or one outside of the endpoint's region."""
    ids = list(dict.fromkeys(marketplace_ids))
    if not 0 < len(ids) <= MAX_MARKETPLACES:
        raise InvalidRequest(f"Amazon takes 1 to {MAX_MARKETPLACES} marketplaces at once, not {len(ids)}.")
    region = next((name for name, address in ENDPOINTS.items() if address == endpoint.rstrip("/")), None)
    for marketplace_id in ids:
        marketplace = BY_ID.get(marketplace_id)
        if region and marketplace and marketplace.region != region:
            raise InvalidRequest(
                f"{marketplace.name} ({marketplace.id}) belongs to {REGIONS[marketplace.region]}, but this account's "
                f"endpoint is {REGIONS[region]}'s."
            )
    return ids


def format_time(moment: datetime) -> str:
    """Format a time for Amazon, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _build_dataset_params(datasets: frozenset[str]) -> dict[str, str]:
    return {"includedData": ",".join(name for name in DATASETS if name in datasets)}


def _parse_page(response: AmazonResponse, missing: frozenset[str]) -> OrderPage:
    body = response.json()
    orders = body.get("orders")
    if type(orders) is not list:
        raise MalformedError("orders is missing" if orders is None else "orders is not a list")
    return OrderPage(
        orders=lazy_orders(orders, missing),
        next_token=optional_text(optional_object(body, "pagination"), "nextToken", "pagination.", MAX_TOKEN_LENGTH),
        updated_before=optional_time(body, "lastUpdatedBefore"),
        request_id=response.request_id,
        missing=missing,
    )


def _parse_order(response: AmazonResponse, number: str, missing: frozenset[str]) -> AmazonOrder:
    raw = response.json().get("order")
    if raw is None:
        raise MalformedError("order is missing")
    try:
        order = parse_order(raw, missing, response.request_id)
    except UnreadableOrderError as error:
        raise MalformedError(f"order.{error.cause}") from error
    if order.number != number:
        raise MalformedError("it is another order")
    return order


def _check_accepted(response: AmazonResponse) -> None:
    # Amazon sends 202 with an empty body; anything else does not come from Amazon.
    if response.status != 202 or response.body.strip() not in (b"", b"{}"):
        raise response.invalid_response(f"status {response.status} and something that is not its acceptance")
