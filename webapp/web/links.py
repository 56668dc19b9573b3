"""URLs that several pages show."""

from urllib.parse import quote

from webapp.domain.common.marketplaces import Marketplace


def order_url(amazon_number: str, order_number: str | None, *, import_orders: bool) -> str:
    """Return the URL of an order's number.

    It is the page of the order if there is one and the store imports orders, else that of the Amazon order.
    `order_number`: the number of the order, None when there is none.
    """
    if import_orders and order_number:
        return f"/orders/{quote(order_number, safe='')}"
    return f"/amazon-orders/{quote(amazon_number, safe='')}"


def seller_central(marketplace: Marketplace) -> dict[str, str]:
    """Return the URLs of Seller Central pages by their name."""
    paths = {
        "orders": "/orders-v3",
        "shipping": "/sbr",
        # Only in the United States is tax a matter of states; elsewhere sellers enter their registrations.
        "taxes": "/tax/nexus/settings" if marketplace.country_code == "US" else "/tax/registrations",
        "payments": "/payments/dashboard/index.html",
        "notifications": "/notifications/preferences",
    }
    return {name: f"https://{marketplace.seller_central}{path}" for name, path in paths.items()}
