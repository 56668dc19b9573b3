"""Small factories for test data. Names and places are numbers, so nobody real is meant."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from webapp.domain.amazon.types import Address, AmazonItem, AmazonOrder, AmazonPackage, Buyer, Component, Participation
from webapp.domain.common.marketplaces import MARKETPLACES, find
from webapp.domain.common.money import Money
from webapp.models.accounts import Account
from webapp.models.stores import Store
from webapp.services.accounts import accounts

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def a_component(type_: str, amount: str, currency: str = "EUR", subtype: str | None = None) -> Component:
    return Component(type_, subtype, Money.parse(amount, currency))


def an_item(n: int = 1, quantity: int = 2, currency: str = "EUR", **more: Any) -> AmazonItem:
    """Build an item of `quantity` units at 10.00 with 3.00 shipping, 4.00 tax and a discount of 1.00 for the line."""
    unit = Money.parse("10", currency)
    parts = [unit * quantity, Money.parse("3", currency), Money.parse("4", currency), Money.parse("-1", currency)]
    total = parts[0] + parts[1] + parts[2] + parts[3]
    fields: dict[str, Any] = {
        "order_item_id": f"9000000000{n:04}",
        "quantity": quantity,
        "sku": f"SKU-{n}",
        "asin": f"B0{n:08}",
        "title": f"Article {n}",
        "unit_price": unit,
        "total": total,
        "components": tuple(
            Component(type_, None, value)
            for type_, value in zip(("ITEM", "SHIPPING", "TAX", "DISCOUNT"), parts, strict=True)
        ),
    }
    return AmazonItem(**fields | more)


def an_order(
    n: int = 1, status: str = "UNSHIPPED", *, updated: int = 0, country: str = "DE", **more: Any
) -> AmazonOrder:
    """Build the Amazon order `n`, last updated at NOW plus `updated` minutes."""
    items = more.pop("items", (an_item(n),))
    total = None
    for item in items:
        if item.total is not None:
            total = item.total if total is None else total + item.total
    marketplace = find(country)
    assert marketplace is not None
    fields: dict[str, Any] = {
        "number": f"303-0000000-{n:07}",
        "marketplace_id": marketplace.id,
        "purchased_at": NOW - timedelta(hours=1),
        "last_updated_at": NOW + timedelta(minutes=updated),
        "items": items,
        "status": status,
        "fulfilled_by": "MERCHANT",
        "total": total,
        "buyer": Buyer(name=f"Buyer Number{n}", email=f"buyer{n}@marketplace.example"),
        "recipient": Address(name=f"Recipient Number{n}", line1=f"Street {n}", city="Town", country_code=country),
        "ship_by": NOW + timedelta(days=1),
    }
    fields |= more
    # Stands for the response body: it differs when the order does.
    fields.setdefault("raw", {"fields": repr(fields)})
    return AmazonOrder(**fields)


def a_searchable_order(n: int, **more: Any) -> AmazonOrder:
    """Build one of many orders to sort and filter: some without a ship-by date, pairs purchased in the same second."""
    return an_order(
        n,
        purchased_at=NOW - timedelta(hours=n // 2),
        ship_by=None if n % 4 == 0 else NOW + timedelta(hours=n % 5),
        items=(an_item(n, total=Money(1000 * (n % 6), "EUR"), components=()),),
        buyer=Buyer(name="Common Odd" if n % 2 else "Common Even"),
        **more,
    )


def shipped_fields(order: AmazonOrder, **more: Any) -> dict[str, Any]:
    """Return the fields that change when all of an order is shipped."""
    items = tuple(
        AmazonItem(**{name: getattr(item, name) for name in item.__slots__} | {"quantity_shipped": item.quantity})
        for item in order.items
    )
    return {"items": items, "status": "SHIPPED"} | more


def a_package(reference: str = "1", **more: Any) -> AmazonPackage:
    return AmazonPackage(**{"reference": reference, "carrier": "DHL", "tracking_number": f"TRACK{reference}"} | more)


def all_participations() -> list[Participation]:
    return [Participation(m.id, m.country_code, m.name, m.currency, m.domain, participating=True) for m in MARKETPLACES]


def account_fields(**more: str) -> dict[str, str]:
    return {
        "name": "Desk",
        "region": "EU",
        "seller_id": "A1SELLER",
        "client_id": "amzn1.application.client",
        "client_secret": "amzn1.secret",
        "refresh_token": "Atzr|refresh",
    } | more


def an_account(session: Session, countries: tuple[str, ...] = ("DE",), **more: str) -> Account:
    """Connect an account whose stores create orders for purchases of the last thirty days."""
    return accounts.connect(
        session, account_fields(**more), countries, all_participations(), backfill_days=30, now=NOW, actor="test"
    )


def a_store(account: Account, country: str = "DE") -> Store:
    return next(store for store in account.stores if store.marketplace.country_code == country)
