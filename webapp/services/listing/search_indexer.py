"""Keeping the index of words: in the transaction of what it speaks of, whoever changes that."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import event, func, inspect, select, text
from sqlalchemy.orm import Session, load_only, selectinload

from webapp.db.bulk_write import insert_rows
from webapp.db.search_index import NAME_OF_TABLE, DocumentHasher, row_of
from webapp.domain.amazon.types import Address, AmazonOrder
from webapp.domain.search_tokenizer import IndexableOrder
from webapp.models import amazon_orders as rows
from webapp.models.orders import Order
from webapp.models.shipments import Parcel

# Changes of these make the document another one.
_MIRRORED = ("buyer_name", "buyer", "recipient", "recipient_override", "purchased_at")
_WRITTEN = ("number", "shipping_address", "billing", "email")
_READ = (
    *(rows.AmazonOrder.number, rows.AmazonOrder.purchased_at, rows.AmazonOrder.buyer_name, rows.AmazonOrder.buyer),
    *(rows.AmazonOrder.recipient, rows.AmazonOrder.recipient_override),
)
_WAITING = "search_index"
BATCH = 500


def write_new(session: Session, arrived: Iterable[tuple[int, AmazonOrder]], numbers: dict[int, str]) -> None:
    """Index orders that have no document yet. `numbers`: ours, by the ids of the Amazon orders that have an Order."""
    hasher = DocumentHasher()
    _insert(
        session,
        [
            (row_of(order.purchased_at, id_), hasher.document(_searchable(order, numbers.get(id_))))
            for id_, order in arrived
        ],
    )


def mark_dirty(session: Session, *amazon_order_ids: int) -> None:
    """Have these indexed anew before the session commits."""
    session.info.setdefault(_WAITING, set()).update(amazon_order_ids)


def rebuild(session: Session, amazon_order_ids: Sequence[int]) -> None:
    """Write the documents of these orders anew, from what is stored. Does not commit."""
    wanted = select(rows.AmazonOrder).where(rows.AmazonOrder.id.in_(amazon_order_ids))
    parts = (selectinload(rows.AmazonOrder.items), selectinload(rows.AmazonOrder.packages))
    known = session.scalars(wanted.options(load_only(*_READ), *parts)).all()
    mine = select(Order).where(Order.amazon_order_id.in_(amazon_order_ids))
    orders = {order.amazon_order_id: order for order in session.scalars(mine)}
    tracked = select(Parcel.order_id, Parcel.tracking_number).join(Order, Order.id == Parcel.order_id)
    numbers: dict[int, list[str | None]] = {}
    for order_id, number in session.execute(tracked.where(Order.amazon_order_id.in_(amazon_order_ids))):
        numbers.setdefault(order_id, []).append(number)
    hasher = DocumentHasher()
    documents = []
    for mirror in known:
        order = orders.get(mirror.id)
        ours = numbers.get(order.id, []) if order else []
        document = hasher.document(_stored(mirror, order, ours))
        documents.append((row_of(mirror.purchased_at, mirror.id), document))
    forget(session, [row for row, _ in documents])
    _insert(session, documents)


def rebuild_all(session: Session) -> int:
    """Write every document anew, the newest orders first, some hundred in a transaction; answers how many."""
    return _rebuild_below(session, _last_id(session) + 1, None)


def catch_up(session: Session, most: int = 5_000) -> int:
    """Index orders that were there before the index was, `most` at a time; answers how many were. Commits.

    The newest are indexed first, so those without a document are the oldest: where they begin is quickly found.
    """
    oldest = session.scalar(select(func.min(rows.AmazonOrder.id)))
    if oldest is None or _is_indexed(session, oldest):
        session.rollback()
        return 0
    without, indexed = oldest, _last_id(session) + 1
    while indexed - without > 1:
        middle = (without + indexed) // 2
        if _is_indexed(session, middle):
            indexed = middle
        else:
            without = middle
    return _rebuild_below(session, indexed, most)


def _is_indexed(session: Session, at_least: int) -> bool:
    """Whether the first order from this id on has its document; where there is none, nothing is missing."""
    wanted = select(rows.AmazonOrder.id, rows.AmazonOrder.purchased_at).where(rows.AmazonOrder.id >= at_least)
    first = session.execute(wanted.order_by(rows.AmazonOrder.id).limit(1)).one_or_none()
    if first is None:
        return True
    there = text(f"SELECT 1 FROM {NAME_OF_TABLE} WHERE rowid = :row")  # noqa: S608 - a name of ours
    return session.scalar(there, {"row": row_of(first.purchased_at, first.id)}) is not None


def _last_id(session: Session) -> int:
    return session.scalar(select(func.max(rows.AmazonOrder.id))) or 0


def _rebuild_below(session: Session, below: int, most: int | None) -> int:
    done = 0
    while most is None or done < most:
        older = select(rows.AmazonOrder.id).where(rows.AmazonOrder.id < below)
        ids = session.scalars(older.order_by(rows.AmazonOrder.id.desc()).limit(BATCH)).all()
        if not ids:
            break
        rebuild(session, ids)
        session.commit()
        session.expunge_all()
        done, below = done + len(ids), ids[-1]
    session.rollback()
    return done


def forget(session: Session, documents: Sequence[int]) -> None:
    """Take documents out, by their numbers; those that are not there do no harm."""
    if documents:
        gone = text(f"DELETE FROM {NAME_OF_TABLE} WHERE rowid = :row")  # noqa: S608 - a name of ours
        session.execute(gone, [{"row": row} for row in documents])


def forget_store(session: Session, store_id: int) -> None:
    """Take out the documents of all orders of a store."""
    mine = select(rows.AmazonOrder.purchased_at, rows.AmazonOrder.id).where(rows.AmazonOrder.store_id == store_id)
    for some in session.execute(mine).partitions(10_000):
        forget(session, [row_of(purchased_at, id_) for purchased_at, id_ in some])


def _insert(session: Session, documents: Sequence[tuple[int, str]]) -> None:
    insert_rows(session, NAME_OF_TABLE, ("rowid", "words"), documents)


def _searchable(order: AmazonOrder, number: str | None) -> IndexableOrder:
    found = IndexableOrder(order.number, numbers=[number, *(package.tracking_number for package in order.packages)])
    if order.buyer:
        _add_buyer(found, order.buyer.name, order.buyer.email, order.buyer.company, order.buyer.purchase_order_number)
    if order.recipient:
        _add_address(found, order.recipient)
    for item in order.items:
        found.goods += (item.sku, item.asin, item.title)
    return found


def _stored(mirror: rows.AmazonOrder, order: Order | None, tracking: Sequence[str | None]) -> IndexableOrder:
    found = IndexableOrder(
        mirror.number, numbers=[*(package.tracking_number for package in mirror.packages), *tracking]
    )
    buyer = mirror.buyer or {}
    _add_buyer(found, mirror.buyer_name, buyer.get("email"), buyer.get("company"), buyer.get("purchase_order_number"))
    addresses = [mirror.recipient, mirror.recipient_override]
    if order is not None:
        found.numbers.append(order.number)
        addresses += [order.shipping_address, order.billing]
    for address in addresses:
        if address:
            _add_address(found, Address(**address))
    for item in mirror.items:
        found.goods += (item.sku, item.asin, item.title)
    return found


def _add_buyer(
    found: IndexableOrder, name: str | None, email: str | None, company: str | None, own: str | None
) -> None:
    found.names += (name, company)
    found.emails.append(email)
    found.texts.append(own)


def _add_address(found: IndexableOrder, address: Address) -> None:
    found.names += (address.name, address.company)
    found.texts += (address.line1, address.line2, address.line3)
    found.texts += (address.city, address.district, address.region, address.postal_code)
    found.phones.append(address.phone)


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _context: Any) -> None:
    """Whatever door a change comes through, the document follows."""
    for changed in (*session.new, *session.dirty):
        if isinstance(changed, rows.AmazonOrder) and changed in session.dirty:
            history = {name: inspect(changed).attrs[name].history for name in _MIRRORED}
            if any(one.has_changes() for one in history.values()):
                mark_dirty(session, changed.id)
            for before in history["purchased_at"].deleted or ():
                forget(session, [row_of(before, changed.id)])
        elif isinstance(changed, Order):
            if changed in session.new or any(inspect(changed).attrs[name].history.has_changes() for name in _WRITTEN):
                mark_dirty(session, changed.amazon_order_id)
        elif isinstance(changed, Parcel):
            mine = select(Order.amazon_order_id).where(Order.id == changed.order_id)
            mark_dirty(session, *session.execute(mine, execution_options={"autoflush": False}).scalars())


@event.listens_for(Session, "before_commit")
def _keep_up(session: Session) -> None:
    if session.new or session.dirty or session.deleted:
        session.flush()
    waiting = session.info.pop(_WAITING, None)
    if waiting:
        rebuild(session, sorted(waiting))


@event.listens_for(Session, "after_soft_rollback")
def _give_up(session: Session, _previous: Any) -> None:
    session.info.pop(_WAITING, None)
