"""Maintain the full-text index of orders, in the transaction of each change."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session, load_only, selectinload

from webapp.db.bulk_write import insert_rows
from webapp.db.search_index import NAME_OF_TABLE, get_document_id
from webapp.db.search_term_hasher import SearchTermHasher
from webapp.db.session_hooks import update_before_commit
from webapp.domain.amazon.types import Address, AmazonOrder
from webapp.domain.search_tokenizer import IndexableOrder
from webapp.models import amazon_orders as rows
from webapp.models.orders import Order
from webapp.models.shipments import Parcel

# Changes of these columns change the document.
_AMAZON_ORDER_COLUMNS = ("buyer_name", "buyer", "recipient", "recipient_override", "purchased_at")
_ORDER_COLUMNS = ("number", "shipping_address", "billing", "email")
_LOADED_COLUMNS = (
    *(rows.AmazonOrder.number, rows.AmazonOrder.purchased_at, rows.AmazonOrder.buyer_name, rows.AmazonOrder.buyer),
    *(rows.AmazonOrder.recipient, rows.AmazonOrder.recipient_override),
)
_DIRTY_IDS = "search_index"
BATCH = 500


def index_new(session: Session, orders: Iterable[tuple[int, AmazonOrder]], numbers: dict[int, str]) -> None:
    """Index orders that have no document yet. `numbers`: of their orders, by the ids of the Amazon orders."""
    hasher = SearchTermHasher()
    _insert_documents(
        session,
        [
            (
                get_document_id(order.purchased_at, id_),
                hasher.build_document(_build_from_amazon(order, numbers.get(id_))),
            )
            for id_, order in orders
        ],
    )


def mark_dirty(session: Session, *amazon_order_ids: int) -> None:
    """Index these orders again before the session commits."""
    session.info.setdefault(_DIRTY_IDS, set()).update(amazon_order_ids)


def rebuild(session: Session, amazon_order_ids: Sequence[int]) -> None:
    """Rebuild the documents of these orders from the stored data. Does not commit."""
    statement = select(rows.AmazonOrder).where(rows.AmazonOrder.id.in_(amazon_order_ids))
    relations = (selectinload(rows.AmazonOrder.items), selectinload(rows.AmazonOrder.packages))
    amazon_orders = session.scalars(statement.options(load_only(*_LOADED_COLUMNS), *relations)).all()
    orders_statement = select(Order).where(Order.amazon_order_id.in_(amazon_order_ids))
    orders = {order.amazon_order_id: order for order in session.scalars(orders_statement)}
    parcels = select(Parcel.order_id, Parcel.tracking_number).join(Order, Order.id == Parcel.order_id)
    numbers_by_order: dict[int, list[str | None]] = {}
    for order_id, number in session.execute(parcels.where(Order.amazon_order_id.in_(amazon_order_ids))):
        numbers_by_order.setdefault(order_id, []).append(number)
    hasher = SearchTermHasher()
    documents = []
    for amazon_order in amazon_orders:
        order = orders.get(amazon_order.id)
        tracking_numbers = numbers_by_order.get(order.id, []) if order else []
        document = hasher.build_document(_build_from_stored(amazon_order, order, tracking_numbers))
        documents.append((get_document_id(amazon_order.purchased_at, amazon_order.id), document))
    delete_documents(session, [row for row, _ in documents])
    _insert_documents(session, documents)


def rebuild_all(session: Session) -> int:
    """Rebuild every document, the newest orders first, BATCH in a transaction; return how many. Commits."""
    count, upper_id = 0, (session.scalar(select(func.max(rows.AmazonOrder.id))) or 0) + 1
    while True:
        older = select(rows.AmazonOrder.id).where(rows.AmazonOrder.id < upper_id)
        ids = session.scalars(older.order_by(rows.AmazonOrder.id.desc()).limit(BATCH)).all()
        if not ids:
            session.rollback()
            return count
        rebuild(session, ids)
        session.commit()
        session.expunge_all()
        count, upper_id = count + len(ids), ids[-1]


def delete_documents(session: Session, documents: Sequence[int]) -> None:
    """Delete documents by their row ids, if they exist."""
    if documents:
        statement = text(f"DELETE FROM {NAME_OF_TABLE} WHERE rowid = :row")  # noqa: S608 - a name of ours
        session.execute(statement, [{"row": row} for row in documents])


def delete_store(session: Session, store_id: int) -> None:
    """Delete the documents of all orders of a store."""
    statement = select(rows.AmazonOrder.purchased_at, rows.AmazonOrder.id).where(rows.AmazonOrder.store_id == store_id)
    for batch in session.execute(statement).partitions(10_000):
        delete_documents(session, [get_document_id(purchased_at, id_) for purchased_at, id_ in batch])


def _insert_documents(session: Session, documents: Sequence[tuple[int, str]]) -> None:
    insert_rows(session, NAME_OF_TABLE, ("rowid", "words"), documents)


def _build_from_amazon(order: AmazonOrder, number: str | None) -> IndexableOrder:
    document = IndexableOrder(order.number, numbers=[number, *(package.tracking_number for package in order.packages)])
    if order.buyer:
        _add_buyer(
            document, order.buyer.name, order.buyer.email, order.buyer.company, order.buyer.purchase_order_number
        )
    if order.recipient:
        _add_address(document, order.recipient)
    for item in order.items:
        document.goods += (item.sku, item.asin, item.title)
    return document


def _build_from_stored(
    amazon_order: rows.AmazonOrder, order: Order | None, tracking: Sequence[str | None]
) -> IndexableOrder:
    document = IndexableOrder(
        amazon_order.number, numbers=[*(package.tracking_number for package in amazon_order.packages), *tracking]
    )
    buyer = amazon_order.buyer or {}
    _add_buyer(
        document, amazon_order.buyer_name, buyer.get("email"), buyer.get("company"), buyer.get("purchase_order_number")
    )
    addresses = [amazon_order.recipient, amazon_order.recipient_override]
    if order is not None:
        document.numbers.append(order.number)
        addresses += [order.shipping_address, order.billing]
    for address in addresses:
        if address:
            _add_address(document, Address(**address))
    for item in amazon_order.items:
        document.goods += (item.sku, item.asin, item.title)
    return document


def _add_buyer(
    document: IndexableOrder,
    name: str | None,
    email: str | None,
    company: str | None,
    purchase_order_number: str | None,
) -> None:
    document.names += (name, company)
    document.emails.append(email)
    document.texts.append(purchase_order_number)


def _add_address(document: IndexableOrder, address: Address) -> None:
    document.names += (address.name, address.company)
    document.texts += (address.line1, address.line2, address.line3)
    document.texts += (address.city, address.district, address.region, address.postal_code)
    document.phones.append(address.phone)


def _mark_changed(session: Session) -> None:
    """Mark the orders of changed entities, whichever service changes them."""
    for entity in (*session.new, *session.dirty):
        if isinstance(entity, rows.AmazonOrder) and entity in session.dirty:
            history = {name: inspect(entity).attrs[name].history for name in _AMAZON_ORDER_COLUMNS}
            if any(attribute.has_changes() for attribute in history.values()):
                mark_dirty(session, entity.id)
            for purchased_at in history["purchased_at"].deleted or ():
                delete_documents(session, [get_document_id(purchased_at, entity.id)])
        elif isinstance(entity, Order):
            if entity in session.new or any(
                inspect(entity).attrs[name].history.has_changes() for name in _ORDER_COLUMNS
            ):
                mark_dirty(session, entity.amazon_order_id)
        elif isinstance(entity, Parcel):
            amazon_order_ids = select(Order.amazon_order_id).where(Order.id == entity.order_id)
            mark_dirty(session, *session.execute(amazon_order_ids, execution_options={"autoflush": False}).scalars())


def _rebuild_dirty(session: Session, amazon_order_ids: set[int]) -> None:
    rebuild(session, sorted(amazon_order_ids))


update_before_commit(_DIRTY_IDS, _mark_changed, _rebuild_dirty)
