"""Products: the list of all, and one with its ledger and the orders that reserve or wait for it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.common.batches import batched
from webapp.domain.errors import InvalidError, require
from webapp.domain.products import csv_import as product_csv
from webapp.domain.products import stock
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem
from webapp.models.orders import Order
from webapp.models.products import Product, ProductImport, StockHold, StockMovement
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing.fetch import Column, Grid

COLUMNS = (
    Column("sku", Product.sku),
    Column("title", Product.title),
    Column("asin", Product.asin),
    Column("account"),
    Column("quantity", Product.quantity, descending=True),
    Column("reserved", Product.reserved, descending=True),
    Column("available", Product.available),
    Column("state"),
)
_ROWS = select(
    Product.id,
    Product.account_id,
    Product.sku,
    Product.title,
    Product.asin,
    Product.enabled,
    Product.manage_stock,
    Product.quantity,
    Product.reserved,
    Product.available,
    Product.flag,
)
OVERSOLD, OUT, LOW = "oversold", "out", "low"
# Lines of the ledger on a page.
LEDGER = 50
_WAITING = 20


def build_grid() -> Grid:
    """Return the list of all products."""
    return Grid(
        select=_ROWS,
        id=Product.id,
        columns=COLUMNS,
        filters={
            "q": _match_keyword,
            "account": lambda id_: Product.account_id == int(id_),
            "enabled": lambda choice: Product.enabled.is_(choice == "yes"),
            "stock": match_stock,
            "flagged": lambda _: Product.is_flagged(),
        },
        sort="sku",
    )


def search_products(session: Session, text: str, limit: int) -> Sequence[Product]:
    """Search products by a part of their SKU, title or ASIN."""
    return session.scalars(select(Product).where(_match_keyword(text)).order_by(Product.sku).limit(limit)).all()


def _match_keyword(text: str) -> ColumnElement[bool]:
    return or_(*(part.icontains(text, autoescape=True) for part in (Product.sku, Product.title, Product.asin)))


def match_stock(level: str) -> ColumnElement[bool]:
    """Match products of OVERSOLD, OUT or LOW."""
    if level == OVERSOLD:
        # Also without managed stock: more was shipped before than there was.
        return Product.is_oversold()
    return Product.manage_stock & (Product.available <= (0 if level == OUT else product_csv.LOW))


def get_by_id(session: Session, product_id: int) -> Product:
    """Get the product with its account. Raises NotFoundError."""
    return require(
        session.scalar(select(Product).options(joinedload(Product.account)).where(Product.id == product_id)),
        "product_gone",
        name=product_id,
    )


def get_by_sku(session: Session, account_id: int, sku: str) -> Product:
    """Get the product with this SKU. Raises NotFoundError."""
    return require(
        session.scalar(select(Product).where(Product.account_id == account_id, Product.sku == sku)),
        "product_unknown_sku",
        sku=sku,
    )


class LedgerEntry(NamedTuple):
    """A line of the ledger, with the numbers of the order that caused it; None if a person did."""

    movement: StockMovement
    order_number: str | None
    amazon_number: str | None


def list_ledger(session: Session, product_id: int, before: int | None = None) -> tuple[list[LedgerEntry], int | None]:
    """List the latest movements, newest first, and return the id that older ones precede, or None."""
    lines = (
        select(StockMovement, Order.number, AmazonOrder.number)
        .outerjoin(StockHold, StockHold.id == StockMovement.hold_id)
        .outerjoin(AmazonOrder, AmazonOrder.id == StockHold.amazon_order_id)
        .outerjoin(Order, Order.amazon_order_id == AmazonOrder.id)
        .where(StockMovement.product_id == product_id)
        .order_by(StockMovement.id.desc())
    )
    if before is not None:
        lines = lines.where(StockMovement.id < before)
    entries = [LedgerEntry(*row) for row in session.execute(lines.limit(LEDGER + 1))]
    older = entries[LEDGER - 1].movement.id if len(entries) > LEDGER else None
    return entries[:LEDGER], older


def list_holding_orders(session: Session, product: Product) -> Sequence[Row[*tuple[Any, ...]]]:
    """List orders that reserve it, the oldest purchase first: amazon_number, order_number, status, ship_by, reserved,
    store_id."""
    held = (
        select(
            AmazonOrder.number.label("amazon_number"),
            Order.number.label("order_number"),
            AmazonOrder.status,
            AmazonOrder.ship_by,
            AmazonOrder.store_id,
            StockHold.reserved,
        )
        .join(AmazonOrder, AmazonOrder.id == StockHold.amazon_order_id)
        .outerjoin(Order, Order.amazon_order_id == AmazonOrder.id)
        .where(StockHold.product_id == product.id, StockHold.is_reserving())
        .order_by(AmazonOrder.purchased_at, AmazonOrder.id)
    )
    return session.execute(held.limit(_WAITING)).all()


def list_blocked_orders(session: Session, product: Product) -> Sequence[Row[*tuple[Any, ...]]]:
    """List Amazon orders that have no order because of this product: number, blocked."""
    conditions = (AmazonOrder.account_id == product.account_id, AmazonOrder.blocked.in_(stock.CAUSES))
    line = select(AmazonOrderItem.id).where(
        AmazonOrderItem.amazon_order_id == AmazonOrder.id, AmazonOrderItem.sku == product.sku
    )
    orders = select(AmazonOrder.number, AmazonOrder.blocked).where(*conditions, line.exists())
    return session.execute(orders.order_by(AmazonOrder.purchased_at, AmazonOrder.id).limit(_WAITING)).all()


def get_import(session: Session, import_id: int) -> ProductImport:
    """Get a product import with its account. Raises NotFoundError."""
    imports = select(ProductImport).options(joinedload(ProductImport.account)).where(ProductImport.id == import_id)
    return require(session.scalar(imports), "product_import_unknown", name=import_id)


class Change(NamedTuple):
    """The changes of a row: field → (old, new) value; `new`: whether the product does not exist."""

    row: product_csv.Row
    new: bool
    changes: dict[str, tuple[Any, Any]]


def preview_import(session: Session, account_id: int, rows: Sequence[product_csv.Row]) -> list[Change]:
    """Return the changes that importing these rows would make now."""
    existing: dict[str, product_csv.Known] = {}
    skus = [row.entry.sku for row in rows if row.entry is not None]
    for batch in batched(skus, 500):
        products = select(
            Product.sku, Product.title, Product.asin, Product.enabled, Product.manage_stock, Product.quantity
        ).where(Product.account_id == account_id, Product.sku.in_(batch))
        existing |= {row.sku: product_csv.Known(*row[1:]) for row in session.execute(products)}
    return [
        Change(row, row.sku not in existing, product_csv.compare(row.entry, existing.get(row.sku)))
        if row.entry is not None
        else Change(row, False, {})
        for row in rows
    ]


def iterate_export(session: Session, filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Iterate over all matching products by SKU, as rows of a file. Rolls back after each chunk."""
    names = {row.id: row.name for row in session.execute(select(Account.id, Account.name))}
    every = build_grid()
    for rows in grid_fetch.iterate(session, every, grid_fetch.parse_page_request(every, {}), filters):
        yield from (_export_row(row, names[row.account_id]) for row in rows)


def _export_row(row: Any, account: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in (*product_csv.COLUMNS, "reserved", "available", "flag")}
    return values | {"account": account}


def get_account(session: Session, name: str | None) -> Account:
    """Get the account with this name, or the only one. Raises InvalidError with the names of all."""
    accounts = session.scalars(select(Account).order_by(Account.name)).all()
    matching = [account for account in accounts if name in (None, account.name)]
    if not accounts:
        raise InvalidError("product_account_none")
    if len(matching) != 1:
        raise InvalidError("product_account_unknown", known=", ".join(account.name for account in accounts))
    return matching[0]


def count_problems(session: Session) -> tuple[int, int]:
    """Count the flagged and the oversold products."""
    flagged = select(func.count()).select_from(Product).where(Product.is_flagged()).scalar_subquery()
    oversold = select(func.count()).select_from(Product).where(Product.is_oversold()).scalar_subquery()
    row = session.execute(select(flagged, oversold)).one()
    return row[0], row[1]
