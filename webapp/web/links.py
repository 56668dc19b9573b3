"""Where a click leads, for what more than one page shows."""

from urllib.parse import quote

from webapp.domain.common.marketplaces import Marketplace


def order_url(amazon_number: str, order_number: str | None, *, import_orders: bool) -> str:
    """The address an order's number leads to.

    With import on and an Order there, to the Order; otherwise to what Amazon says of it. `order_number` is ours, None
    where there is no Order; `import_orders` is the store's setting.
    """
    if import_orders and order_number:
        return f"/orders/{quote(order_number, safe='')}"
    return f"/amazon-orders/{quote(amazon_number, safe='')}"


def seller_central(marketplace: Marketplace) -> dict[str, str]:
    """The addresses of what a seller settles at Amazon itself, by what it is."""
    paths = {
        "orders": "/orders-v3",
        "shipping": "/sbr",
        # Only in the United States is tax a matter of states; elsewhere sellers enter their registrations.
        "taxes": "/tax/nexus/settings" if marketplace.country_code == "US" else "/tax/registrations",
        "payments": "/payments/dashboard/index.html",
        "notifications": "/notifications/preferences",
    }
    return {name: f"https://{marketplace.seller_central}{path}" for name, path in paths.items()}
