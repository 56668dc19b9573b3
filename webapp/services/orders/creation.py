"""Create orders from Amazon orders, many at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.db.bulk_write import allocate_ids, insert_many, update_many
from webapp.db.encryption import field_cipher
from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import AmazonItem, AmazonOrder
from webapp.domain.common.money import Money
from webapp.domain.invoicing import drafts
from webapp.domain.orders import amounts as order_amounts
from webapp.domain.orders import state_machine as order_states
from webapp.domain.sync import import_rules
from webapp.models import amazon_orders as rows
from webapp.models.audit_log import Event
from webapp.models.customers import Customer
from webapp.models.documents import Invoice, InvoiceItem
from webapp.models.orders import Order, OrderItem
from webapp.models.stores import Store
from webapp.services.mail import outbox as mail_outbox

# (id of the Amazon order, Amazon's data, its store)
OrderToCreate = tuple[int, AmazonOrder, Store]
_AMOUNT_FIELDS = order_amounts.Totals._fields


@dataclass(slots=True)
class NewOrderLine:
    """The quantities of a line to be inserted, from which the order's state is derived."""

    ordered: int
    invoiced: int
    shipped: int
    refunded: int = 0
    refunding: int = 0
    canceled: int = 0

    def as_row(self) -> dict[str, int]:
        return {
            "ordered": self.ordered,
            "invoiced": self.invoiced,
            "shipped": self.shipped,
            "refunded": self.refunded,
            "refunding": self.refunding,
            "canceled": self.canceled,
        }


def allocate_numbers(session: Session, orders: Sequence[OrderToCreate]) -> dict[int, str]:
    """Allocate the numbers of the orders to create, by the ids of their Amazon orders."""
    own_count = sum(store.order_number_source == "own" for _, _, store in orders)
    numbers = iter(number_sequences.next_numbers(session, "order", own_count) if own_count else ())
    return {
        id_: str(next(numbers)) if store.order_number_source == "own" else order.number for id_, order, store in orders
    }


def create_many(
    session: Session, orders: Sequence[OrderToCreate], numbers: Mapping[int, str], *, now: datetime, actor: str
) -> None:
    """Create an order for each, with `numbers` by the ids of their Amazon orders. Does not commit.

    The notes on the Amazon orders are not set. Stores that invoice at import get invoices, since Amazon has taken the
    payment. An order without amounts is invoiced only once it is shipped, when no amounts are to be expected any more.
    """
    if not orders:
        return
    customers = _find_customers(session, orders, now)
    lines = [
        [_build_line(item, _is_invoiced_at_import(order, store)) for item in order.items] for _, order, store in orders
    ]
    totals_by_order = [
        [order_amounts.sort(item.components, import_rules.calculate_line_total(item)) for item in order.items]
        for _, order, _ in orders
    ]
    ids = allocate_ids(session, Order, len(orders))
    order_rows = [
        _build_order_row(amazon_order_id, order, store, numbers[amazon_order_id], customer, line, totals, now)
        | {"id": id_}
        for id_, (amazon_order_id, order, store), customer, line, totals in zip(
            ids, orders, customers, lines, totals_by_order, strict=True
        )
    ]
    insert_many(session, Order, order_rows)
    items = [
        _build_item_row(order_id, item, line, totals)
        for order_id, (_, order, _), order_lines, order_totals in zip(ids, orders, lines, totals_by_order, strict=True)
        for item, line, totals in zip(order.items, order_lines, order_totals, strict=True)
    ]
    for item_id, item in zip(allocate_ids(session, OrderItem, len(items)), items, strict=True):
        item["id"] = item_id
    insert_many(session, OrderItem, items)
    _create_invoices(session, orders, ids, items, now)
    _record_events(session, orders, ids, numbers, now, actor)
    mail_outbox.queue_order_confirmations(session, orders, ids, now=now, actor=actor)


def build_note_columns(number: str) -> dict[str, Any]:
    """Return the columns of an Amazon order that say which order was created from it."""
    return {"blocked": None, "note": "note_order_created", "note_args": {"number": number}}


def set_created_notes(session: Session, numbers: Mapping[int, str]) -> None:
    """Set the notes of existing Amazon orders after their orders were created: order numbers by ids."""
    # Pending changes of the session are older.
    session.flush()
    update_many(
        session, rows.AmazonOrder, [{"id": id_} | build_note_columns(number) for id_, number in numbers.items()]
    )


def _find_customers(session: Session, orders: Sequence[OrderToCreate], now: datetime) -> list[int | None]:
    """Find or create the customer of each order, if the store wants one and Amazon gives the buyer's e-mail."""
    customer_ids: dict[tuple[int, bytes], int] = {}
    result: list[int | None] = []
    for _, order, store in orders:
        email = order.buyer.email if order.buyer else None
        if store.customer_creation != "account" or not email:
            result.append(None)
            continue
        key = (store.id, field_cipher.hash(email.casefold()))
        if key not in customer_ids:
            statement = select(Customer.id).where(Customer.store_id == key[0], Customer.email_hash == key[1])
            customer_ids[key] = session.scalar(statement) or _create_customer(session, key, order, now)
        result.append(customer_ids[key])
    return result


def _create_customer(session: Session, key: tuple[int, bytes], order: AmazonOrder, now: datetime) -> int:
    buyer = order.buyer
    customer = Customer(store_id=key[0], email_hash=key[1], created_at=now)
    if buyer is not None:
        customer.email, customer.name = buyer.email or "", buyer.name
    session.add(customer)
    session.flush()
    return customer.id


def compute_order_total(order: AmazonOrder, store: Store) -> Money:
    """Return the total of the order, in the marketplace's currency if the order has no amounts."""
    return import_rules.calculate_total(order, store.marketplace.currency)


def _is_invoiced_at_import(order: AmazonOrder, store: Store) -> bool:
    has_amounts = order.total is not None or compute_order_total(order, store).minor > 0
    return store.auto_invoice and (has_amounts or order.status == statuses.SHIPPED)


def _build_line(item: AmazonItem, invoiced_at_once: bool) -> NewOrderLine:
    invoiced = item.quantity if invoiced_at_once else 0
    return NewOrderLine(ordered=item.quantity, invoiced=invoiced, shipped=min(item.quantity_shipped, item.quantity))


def _build_order_row(
    amazon_order_id: int,
    order: AmazonOrder,
    store: Store,
    number: str,
    customer_id: int | None,
    lines: list[NewOrderLine],
    totals: list[order_amounts.Totals],
    now: datetime,
) -> dict[str, Any]:
    total = compute_order_total(order, store)
    address = order.recipient.as_json() if order.recipient else None
    state = order_states.derive(lines)
    has_custom_status = store.order_status == "custom" and state == order_states.PROCESSING
    return {
        "number": number,
        "store_id": store.id,
        "amazon_order_id": amazon_order_id,
        "customer_id": customer_id,
        "state": state,
        "status": store.processing_status if has_custom_status else "",
        "currency": total.currency,
        "total_invoiced": total.minor if _is_invoiced_at_import(order, store) else 0,
        "purchased_at": order.purchased_at,
        "ship_by": order.ship_by,
        "created_at": now,
        "bill_to_name": order.buyer.name if order.buyer else None,
        "ship_to_name": order.recipient.name if order.recipient else None,
        "email": order.buyer.email if order.buyer else None,
        # Amazon provides no billing address, only the buyer's name.
        "billing": {"name": order.buyer.name} if order.buyer and order.buyer.name else None,
        "shipping_address": address,
        **order_amounts.combine(totals, total.minor).as_row(),
    }


def _build_item_row(
    order_id: int, item: AmazonItem, line: NewOrderLine, totals: order_amounts.Totals
) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "order_item_id": item.order_item_id,
        "sku": item.sku,
        "asin": item.asin,
        "title": item.title,
        "amount_quantity": item.quantity,
        "price": item.unit_price.minor if item.unit_price else 0,
        **line.as_row(),
        **totals.as_row(),
    }


def _create_invoices(
    session: Session,
    orders: Sequence[OrderToCreate],
    order_ids: Sequence[int],
    items: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    totals_of = {
        order_id: compute_order_total(order, store).minor
        for order_id, (_, order, store) in zip(order_ids, orders, strict=True)
        if _is_invoiced_at_import(order, store)
    }
    if not totals_of:
        return
    numbers = number_sequences.next_numbers(session, "invoice", len(totals_of))
    invoice_ids = allocate_ids(session, Invoice, len(totals_of))
    items_of: dict[int, list[dict[str, Any]]] = {order_id: [] for order_id in totals_of}
    for item in items:
        if item["order_id"] in items_of:
            items_of[item["order_id"]].append(item)
    invoices: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for invoice_id, number, (order_id, total) in zip(invoice_ids, numbers, totals_of.items(), strict=True):
        rows = _invoice_item_rows(items_of[order_id], total)
        amounts = {name: sum([line[name] for line in rows]) for name in _AMOUNT_FIELDS}
        invoices.append({"id": invoice_id, "number": str(number), "order_id": order_id, "created_at": now} | amounts)
        lines += [line | {"invoice_id": invoice_id} for line in rows]
    insert_many(session, Invoice, invoices)
    insert_many(session, InvoiceItem, lines)


def _invoice_item_rows(items: Sequence[dict[str, Any]], total: int) -> list[dict[str, Any]]:
    """Return the items of an invoice of a whole order, like `drafts.invoice`."""
    remainders = drafts.distribute_unallocated(total, [(item["ordered"], item["total"]) for item in items])
    return [
        {name: item[name] for name in _AMOUNT_FIELDS}
        | {"order_item_id": item["id"], "quantity": item["invoiced"]}
        | {"other": item["other"] + remainder, "total": item["total"] + remainder}
        for item, remainder in zip(items, remainders, strict=True)
        if item["invoiced"]
    ]


def _record_events(
    session: Session,
    orders: Sequence[OrderToCreate],
    order_ids: Sequence[int],
    numbers: Mapping[int, str],
    now: datetime,
    actor: str,
) -> None:
    events = []
    for (amazon_order_id, order, store), order_id in zip(orders, order_ids, strict=True):
        columns = {
            "at": now,
            "actor": actor,
            "store_id": store.id,
            "order_id": order_id,
            "amazon_order_id": amazon_order_id,
        }
        events.append(columns | {"kind": "order_created", "args": {"number": numbers[amazon_order_id]}})
        if _is_invoiced_at_import(order, store):
            events.append(columns | {"kind": "order_invoiced_at_import", "args": {}})
    insert_many(session, Event, events)
