"""What the kinds of documents have in common: who writes, to whom, about which order, and lines with amounts."""

from collections.abc import Sequence
from typing import Protocol

from webapp.domain.common.marketplaces import BY_ID
from webapp.models.orders import Order, OrderItem
from webapp.models.stores import Store
from webapp.printing.content import Cell, Column, Section, Total
from webapp.printing.localised_text import DocumentLocale

# Their paper is Letter; everybody else's is A4.
LETTER_COUNTRIES = frozenset({"US", "CA", "MX"})
_OPTIONAL = ("shipping", "discount", "other")


class Amounts(Protocol):
    """The columns of a document, and of a line of one; minor units."""

    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int


class Line(Amounts, Protocol):
    order_item_id: int
    quantity: int


def sender(store: Store) -> tuple[str, ...]:
    """The seller's name and address; the store's name where nobody has entered them."""
    lines = tuple(line for text in store.documents_sender.splitlines() if (line := text.strip()))
    return lines or (store.name,)


def letter(store: Store) -> bool:
    return BY_ID[store.marketplace_id].country_code in LETTER_COUNTRIES


def recipient(order: Order, words: DocumentLocale) -> tuple[str, ...]:
    """Who is billed: Amazon tells a name alone, so the goods' address goes with it."""
    if order.billing and order.billing.get("line1"):
        return words.address(order.billing)
    return delivery(order, words) or words.address(order.billing)


def delivery(order: Order, words: DocumentLocale) -> tuple[str, ...]:
    """Where the goods go, as a person has corrected it."""
    return words.address(order.amazon_order.recipient_override or order.shipping_address)


def facts(order: Order, words: DocumentLocale) -> list[tuple[str, str]]:
    """What each document says of its order."""
    amazon = order.amazon_order
    found = []
    if order.number != amazon.number:
        found.append((words("Order number"), order.number))
    found.append((words("Amazon order"), amazon.number))
    found.append((words("Order date"), words.day(order.purchased_at)))
    if reference := (amazon.buyer or {}).get("purchase_order_number"):
        found.append((words("Your reference"), reference))
    return found


def tax_number(order: Order, words: DocumentLocale) -> list[tuple[str, str]]:
    number = order.store.documents_tax_number
    return [(words("Tax number"), number)] if number else []


def ordered_by(order: Order) -> str:
    """The buyer's name where the letter goes to somebody else, else empty."""
    name = order.bill_to_name or ""
    goes_to = (order.amazon_order.recipient_override or order.shipping_address or {}).get("name", name)
    return name if name and name != goes_to else ""


def product(item: OrderItem, words: DocumentLocale) -> Cell:
    numbers = [f"{words('SKU')} {item.sku}" if item.sku else "", item.asin or ""]
    return Cell(item.title or item.sku or "–", " · ".join(number for number in numbers if number))


def lines(order: Order, rows: Sequence[Line], words: DocumentLocale) -> Section:
    """Quantity, price and amounts of each line. Amounts that no line has get no column; a row sums to its end."""
    items = {item.id: item for item in order.items}
    heads = {
        "shipping": words("Shipping"),
        "tax": words("Tax"),
        "discount": words("Discount"),
        "other": words("Other amounts"),
    }
    shown = [name for name in heads if name not in _OPTIONAL or any(getattr(row, name) for row in rows)]
    columns = (
        Column(words("Article"), fills=True),
        Column(words("Quantity"), figures=True),
        Column(words("Price"), figures=True),
        *(Column(heads[name], figures=True) for name in shown),
        Column(f"{words('Amount')} ({words.currency})", figures=True),
    )
    return Section(
        columns,
        tuple(
            (
                product(items[row.order_item_id], words),
                Cell(words.number(row.quantity) if row.quantity else "–"),
                Cell(words.amount(items[row.order_item_id].price) if row.quantity else "–"),
                *(Cell(words.amount(getattr(row, name))) for name in shown),
                Cell(words.amount(row.total), strong=True),
            )
            for row in rows
        ),
    )


def totals(document: Amounts, words: DocumentLocale) -> list[Total]:
    """The parts of a document; with what its kind adds they sum to its total."""
    parts = [
        (words("Subtotal"), document.subtotal, True),
        (words("Shipping & handling"), document.shipping, True),
        (words("Discount"), document.discount, bool(document.discount)),
        (words("Tax"), document.tax, True),
        (words("Other amounts"), document.other, bool(document.other)),
    ]
    return [Total(text, words.money(minor)) for text, minor, shown in parts if shown]
