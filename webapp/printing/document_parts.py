"""Common parts of documents: sender, recipient, order details, and lines with amounts."""

from collections.abc import Sequence
from typing import Protocol

from webapp.domain.invoicing import tax_rates, vat_invoices
from webapp.models.orders import Order, OrderItem
from webapp.models.stores import Store
from webapp.printing.content import Cell, Column, Section, Total
from webapp.printing.localised_text import DocumentLocale

# Countries that use Letter paper instead of A4.
LETTER_COUNTRIES = frozenset({"US", "CA", "MX"})
_OPTIONAL = ("shipping", "discount", "other")


class Amounts(Protocol):
    """The amount columns of a document and of its lines, in minor units."""

    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int


class DocumentLine(Amounts, Protocol):
    order_item_id: int
    quantity: int


def list_sender_lines(store: Store) -> tuple[str, ...]:
    """Return the seller's name and address, or the store's name if they are not set."""
    lines = tuple(line for text in store.documents_sender.splitlines() if (line := text.strip()))
    return lines or (store.name,)


def uses_letter_paper(store: Store) -> bool:
    return store.marketplace.country_code in LETTER_COUNTRIES


def list_recipient_lines(order: Order, words: DocumentLocale) -> tuple[str, ...]:
    """Return the lines of the billing address. Amazon gives only a name, so the shipping address is used with it."""
    if order.billing and order.billing.get("line1"):
        return words.address(order.billing)
    return list_shipping_address_lines(order, words) or words.address(order.billing)


def list_shipping_address_lines(order: Order, words: DocumentLocale) -> tuple[str, ...]:
    """Return the lines of the shipping address, including corrections."""
    return words.address(order.amazon_order.recipient_override or order.shipping_address)


def list_order_details(order: Order, words: DocumentLocale) -> list[tuple[str, str]]:
    """Return the details of the order that each document shows."""
    amazon = order.amazon_order
    details = []
    if order.number != amazon.number:
        details.append((words("Order number"), order.number))
    details.append((words("Amazon order"), amazon.number))
    details.append((words("Order date"), words.day(order.purchased_at)))
    if reference := (amazon.buyer or {}).get("purchase_order_number"):
        details.append((words("Your reference"), reference))
    return details


def list_tax_number(order: Order, words: DocumentLocale) -> list[tuple[str, str]]:
    number = order.store.documents_tax_number
    return [(words("Tax number"), number)] if number else []


def find_other_buyer(order: Order) -> str:
    """Return the buyer's name if the recipient is another person, else an empty string."""
    name = order.bill_to_name or ""
    goes_to = (order.amazon_order.recipient_override or order.shipping_address or {}).get("name", name)
    return name if name and name != goes_to else ""


def build_product_cell(item: OrderItem, words: DocumentLocale) -> Cell:
    numbers = [f"{words('SKU')} {item.sku}" if item.sku else "", item.asin or ""]
    return Cell(item.title or item.sku or "–", " · ".join(number for number in numbers if number))


def build_line_table(order: Order, rows: Sequence[DocumentLine], words: DocumentLocale) -> Section:
    """Return the table of lines. Amounts that no line has get no column; each row sums up to its last column."""
    items = {item.id: item for item in order.items}
    rates = _derive_tax_rates(order, rows)
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
                build_product_cell(items[row.order_item_id], words),
                Cell(words.number(row.quantity) if row.quantity else "–"),
                Cell(words.amount(items[row.order_item_id].price) if row.quantity else "–"),
                *(
                    Cell(words.amount(getattr(row, name)), words.percent(rate) if name == "tax" and rate else "")
                    for name in shown
                ),
                Cell(words.amount(row.total), strong=True),
            )
            for row, rate in zip(rows, rates, strict=True)
        ),
    )


def _derive_tax_rates(order: Order, rows: Sequence[DocumentLine]) -> list[int | None]:
    """Return the VAT rate of each line in tenths of a percent; None where there is no VAT, or its rate is not clear."""
    if order.store.marketplace.country_code not in vat_invoices.COUNTRIES:
        return [None] * len(rows)
    return tax_rates.derive_document_rates(rows, {item.id: item for item in order.items})


def build_totals(document: Amounts, words: DocumentLocale) -> list[Total]:
    """Return the parts of the total; some kinds of documents add more."""
    parts = [
        (words("Subtotal"), document.subtotal, True),
        (words("Shipping & handling"), document.shipping, True),
        (words("Discount"), document.discount, bool(document.discount)),
        (words("Tax"), document.tax, True),
        (words("Other amounts"), document.other, bool(document.other)),
    ]
    return [Total(text, words.money(minor)) for text, minor, shown in parts if shown]
