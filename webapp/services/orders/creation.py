"""Making Orders of Amazon orders, many at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.db.bulk_write import allocate_ids, insert_many, update_many
from webapp.db.encryption import vault
from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import AmazonItem, AmazonOrder
from webapp.domain.common import marketplaces
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

# (id of the mirror, the order, its store)
Due = tuple[int, AmazonOrder, Store]
_AMOUNTS = order_amounts.Totals._fields


@dataclass(slots=True)
class NewOrderLine:
    """A line as it will be inserted, far enough to derive the state from."""

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


def take_numbers(session: Session, due: Sequence[Due]) -> dict[int, str]:
    """The numbers of the Orders that will be made of these, by the ids of their mirrors."""
    own = sum(store.order_number_source == "own" for _, _, store in due)
    given = iter(number_sequences.next_numbers(session, "order", own) if own else ())
    return {id_: str(next(given)) if store.order_number_source == "own" else order.number for id_, order, store in due}


def create_many(session: Session, due: Sequence[Due], numbers: Mapping[int, str], *, now: datetime, actor: str) -> None:
    """Make an Order of each, with its number by the id of its mirror. Does not commit, and notes nothing on mirrors.

    Orders of stores that invoice at import are invoiced at once: Amazon has taken the payment. One without amounts is
    invoiced once it is shipped, when none are to be expected any more.
    """
    if not due:
        return
    customers = _customers(session, due, now)
    lines = [[_line(item, _invoiced_at_once(order, store)) for item in order.items] for _, order, store in due]
    sums = [
        [order_amounts.sort(item.components, import_rules.line_total(item)) for item in order.items]
        for _, order, _ in due
    ]
    ids = allocate_ids(session, Order, len(due))
    made = [
        _order(mirror_id, order, store, numbers[mirror_id], customer, line, sum_of, now) | {"id": id_}
        for id_, (mirror_id, order, store), customer, line, sum_of in zip(ids, due, customers, lines, sums, strict=True)
    ]
    insert_many(session, Order, made)
    items = [
        _item(order_id, item, line, sum_of)
        for order_id, (_, order, _), line_of, sums_of in zip(ids, due, lines, sums, strict=True)
        for item, line, sum_of in zip(order.items, line_of, sums_of, strict=True)
    ]
    for item_id, item in zip(allocate_ids(session, OrderItem, len(items)), items, strict=True):
        item["id"] = item_id
    insert_many(session, OrderItem, items)
    _invoice(session, due, ids, items, now)
    _tell(session, due, ids, numbers, now, actor)
    mail_outbox.confirm_many(session, due, ids, now=now, actor=actor)


def created_note(number: str) -> dict[str, Any]:
    """The columns of a mirror that say which Order was made of it."""
    return {"blocked": None, "note": "note_order_created", "note_args": {"number": number}}


def note(session: Session, numbers: Mapping[int, str]) -> None:
    """Say on mirrors that stood before which Orders were made of them: numbers by ids of mirrors."""
    # What the session has still to say of them is older.
    session.flush()
    update_many(session, rows.AmazonOrder, [{"id": id_} | created_note(number) for id_, number in numbers.items()])


def _customers(session: Session, due: Sequence[Due], now: datetime) -> list[int | None]:
    """The customer account of each, for stores that build one and orders whose buyer's e-mail Amazon tells."""
    found: dict[tuple[int, bytes], int] = {}
    answer: list[int | None] = []
    for _, order, store in due:
        email = order.buyer.email if order.buyer else None
        if store.customer_creation != "account" or not email:
            answer.append(None)
            continue
        key = (store.id, vault.hash(email.casefold()))
        if key not in found:
            known = select(Customer.id).where(Customer.store_id == key[0], Customer.email_hash == key[1])
            found[key] = session.scalar(known) or _new_customer(session, key, order, now)
        answer.append(found[key])
    return answer


def _new_customer(session: Session, key: tuple[int, bytes], order: AmazonOrder, now: datetime) -> int:
    buyer = order.buyer
    customer = Customer(store_id=key[0], email_hash=key[1], created_at=now)
    if buyer is not None:
        customer.email, customer.name = buyer.email or "", buyer.name
    session.add(customer)
    session.flush()
    return customer.id


def total_of(order: AmazonOrder, store: Store) -> Money:
    """What the order costs, in its own currency or its marketplace's where it has no amounts."""
    return import_rules.total_of(order, marketplaces.BY_ID[store.marketplace_id].currency)


def _invoiced_at_once(order: AmazonOrder, store: Store) -> bool:
    has_amounts = order.total is not None or total_of(order, store).minor > 0
    return store.auto_invoice and (has_amounts or order.status == statuses.SHIPPED)


def _line(item: AmazonItem, invoiced_at_once: bool) -> NewOrderLine:
    invoiced = item.quantity if invoiced_at_once else 0
    return NewOrderLine(ordered=item.quantity, invoiced=invoiced, shipped=min(item.quantity_shipped, item.quantity))


def _order(
    id_: int,
    order: AmazonOrder,
    store: Store,
    number: str,
    customer: int | None,
    lines: list[NewOrderLine],
    sums: list[order_amounts.Totals],
    now: datetime,
) -> dict[str, Any]:
    total = total_of(order, store)
    address = order.recipient.as_json() if order.recipient else None
    state = order_states.derive(lines)
    custom = store.order_status == "custom" and state == order_states.PROCESSING
    return {
        "number": number,
        "store_id": store.id,
        "amazon_order_id": id_,
        "customer_id": customer,
        "state": state,
        "status": store.processing_status if custom else "",
        "currency": total.currency,
        "total_invoiced": total.minor if _invoiced_at_once(order, store) else 0,
        "purchased_at": order.purchased_at,
        "ship_by": order.ship_by,
        "created_at": now,
        "bill_to_name": order.buyer.name if order.buyer else None,
        "ship_to_name": order.recipient.name if order.recipient else None,
        "email": order.buyer.email if order.buyer else None,
        # Amazon tells no billing address of its own; the buyer's name is all there is.
        "billing": {"name": order.buyer.name} if order.buyer and order.buyer.name else None,
        "shipping_address": address,
        **order_amounts.together(sums, total.minor).as_row(),
    }


def _item(order_id: int, item: AmazonItem, line: NewOrderLine, sums: order_amounts.Totals) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "order_item_id": item.order_item_id,
        "sku": item.sku,
        "asin": item.asin,
        "title": item.title,
        "amount_quantity": item.quantity,
        "price": item.unit_price.minor if item.unit_price else 0,
        **line.as_row(),
        **sums.as_row(),
    }


def _invoice(
    session: Session,
    due: Sequence[Due],
    ids: Sequence[int],
    items: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    totals_of = {
        id_: total_of(order, store).minor
        for id_, (_, order, store) in zip(ids, due, strict=True)
        if _invoiced_at_once(order, store)
    }
    if not totals_of:
        return
    numbers = number_sequences.next_numbers(session, "invoice", len(totals_of))
    invoice_ids = allocate_ids(session, Invoice, len(totals_of))
    items_of: dict[int, list[dict[str, Any]]] = {id_: [] for id_ in totals_of}
    for item in items:
        if item["order_id"] in items_of:
            items_of[item["order_id"]].append(item)
    made: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for invoice_id, number, (id_, total) in zip(invoice_ids, numbers, totals_of.items(), strict=True):
        billed = _billed(items_of[id_], total)
        sums = {name: sum([line[name] for line in billed]) for name in _AMOUNTS}
        made.append({"id": invoice_id, "number": str(number), "order_id": id_, "created_at": now} | sums)
        lines += [line | {"invoice_id": invoice_id} for line in billed]
    insert_many(session, Invoice, made)
    insert_many(session, InvoiceItem, lines)


def _billed(items: Sequence[dict[str, Any]], total: int) -> list[dict[str, Any]]:
    """The lines of an invoice of a whole order, as `documents.invoice` drafts them."""
    rests = drafts.unallocated(total, [(item["ordered"], item["total"]) for item in items])
    return [
        {name: item[name] for name in _AMOUNTS}
        | {"order_item_id": item["id"], "quantity": item["invoiced"]}
        | {"other": item["other"] + rest, "total": item["total"] + rest}
        for item, rest in zip(items, rests, strict=True)
        if item["invoiced"]
    ]


def _tell(
    session: Session, due: Sequence[Due], ids: Sequence[int], numbers: Mapping[int, str], now: datetime, actor: str
) -> None:
    told = []
    for (mirror_id, order, store), id_ in zip(due, ids, strict=True):
        about = {"at": now, "actor": actor, "store_id": store.id, "order_id": id_, "amazon_order_id": mirror_id}
        told.append(about | {"kind": "order_created", "args": {"number": numbers[mirror_id]}})
        if _invoiced_at_once(order, store):
            told.append(about | {"kind": "order_invoiced_at_import", "args": {}})
    insert_many(session, Event, told)
