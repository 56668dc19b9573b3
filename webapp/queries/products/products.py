"""Reading products: the grid over all of them, one with its ledger and the orders that hold or wait for it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.errors import InvalidError, NotFoundError
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
# So many lines of a product's story are shown at once.
LEDGER = 50
_WAITING = 20


def grid() -> Grid:
    """The grid of all products."""
    return Grid(
        select=_ROWS,
        id=Product.id,
        columns=COLUMNS,
        filters={
            "q": _keyword,
            "account": lambda id_: Product.account_id == int(id_),
            "enabled": lambda said: Product.enabled.is_(said == "yes"),
            "stock": _stock,
            "flagged": lambda _: Product.is_flagged(),
        },
        sort="sku",
    )


def search_products(session: Session, text: str, limit: int) -> Sequence[Product]:
    """The first products with this in their SKU, title or ASIN."""
    return session.scalars(select(Product).where(_keyword(text)).order_by(Product.sku).limit(limit)).all()


def _keyword(text: str) -> ColumnElement[bool]:
    return or_(*(part.icontains(text, autoescape=True) for part in (Product.sku, Product.title, Product.asin)))


def _stock(level: str) -> ColumnElement[bool]:
    if level == OVERSOLD:
        # Also where stock is not kept any more: nothing is reserved then, but more had left than there was.
        return Product.is_oversold()
    return Product.manage_stock & (Product.available <= (0 if level == OUT else product_csv.LOW))


def get_by_id(session: Session, product_id: int) -> Product:
    """The product with its account. Raises NotFoundError."""
    found = session.scalar(select(Product).options(joinedload(Product.account)).where(Product.id == product_id))
    if found is None:
        raise NotFoundError("product_gone", name=product_id)
    return found


def get_by_sku(session: Session, account_id: int, sku: str) -> Product:
    """Raises NotFoundError."""
    found = session.scalar(select(Product).where(Product.account_id == account_id, Product.sku == sku))
    if found is None:
        raise NotFoundError("product_unknown_sku", sku=sku)
    return found


class LedgerEntry(NamedTuple):
    """A line of the ledger; the numbers are those of the order that made it, None where a person did."""

    movement: StockMovement
    order_number: str | None
    amazon_number: str | None


def list_ledger(session: Session, product_id: int, before: int | None = None) -> tuple[list[LedgerEntry], int | None]:
    """The latest movements, newest first, and what the next older ones come before; None where there are none."""
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
    found = [LedgerEntry(*row) for row in session.execute(lines.limit(LEDGER + 1))]
    older = found[LEDGER - 1].movement.id if len(found) > LEDGER else None
    return found[:LEDGER], older


def list_holding_orders(session: Session, product: Product) -> Sequence[Row[*tuple[Any, ...]]]:
    """Orders that have reserved it, the longest waiting first: amazon_number, order_number, status, ship_by, reserved,
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
    """Amazon orders no Order is made of, as long as this product is as it is: number, blocked."""
    mine = (AmazonOrder.account_id == product.account_id, AmazonOrder.blocked.in_(stock.CAUSES))
    line = select(AmazonOrderItem.id).where(
        AmazonOrderItem.amazon_order_id == AmazonOrder.id, AmazonOrderItem.sku == product.sku
    )
    found = select(AmazonOrder.number, AmazonOrder.blocked).where(*mine, line.exists())
    return session.execute(found.order_by(AmazonOrder.purchased_at, AmazonOrder.id).limit(_WAITING)).all()


def get_import(session: Session, import_id: int) -> ProductImport:
    """Raises NotFoundError."""
    wanted = select(ProductImport).options(joinedload(ProductImport.account)).where(ProductImport.id == import_id)
    found = session.scalar(wanted)
    if found is None:
        raise NotFoundError("product_import_unknown", name=import_id)
    return found


class Change(NamedTuple):
    """A row of a file: what it changes, field → (as it is, as it will be); `new` where the product is not there."""

    row: product_csv.Row
    new: bool
    changes: dict[str, tuple[Any, Any]]


def preview_import(session: Session, account_id: int, rows: Sequence[product_csv.Row]) -> list[Change]:
    """What taking these rows would change now."""
    known: dict[str, product_csv.Known] = {}
    skus = [row.entry.sku for row in rows if row.entry is not None]
    for start in range(0, len(skus), 500):
        wanted = select(
            Product.sku, Product.title, Product.asin, Product.enabled, Product.manage_stock, Product.quantity
        ).where(Product.account_id == account_id, Product.sku.in_(skus[start : start + 500]))
        known |= {row.sku: product_csv.Known(*row[1:]) for row in session.execute(wanted)}
    return [
        Change(row, row.sku not in known, product_csv.changes(row.entry, known.get(row.sku)))
        if row.entry is not None
        else Change(row, False, {})
        for row in rows
    ]


def iterate_export(session: Session, filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All products the filters leave, by SKU, as a file tells them. Rolls back as it goes."""
    names = {row.id: row.name for row in session.execute(select(Account.id, Account.name))}
    every = grid()
    for rows in grid_fetch.iterate(session, every, grid_fetch.parse_page_request(every, {}), filters):
        yield from (_told(row, names[row.account_id]) for row in rows)


def _told(row: Any, account: str) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in (*product_csv.COLUMNS, "reserved", "available", "flag")}
    return said | {"account": account}


def get_account(session: Session, name: str | None) -> Account:
    """The account of this name, or the only one there is. Raises InvalidError naming those there are."""
    accounts = session.scalars(select(Account).order_by(Account.name)).all()
    found = [account for account in accounts if name in (None, account.name)]
    if not accounts:
        raise InvalidError("product_account_none")
    if len(found) != 1:
        raise InvalidError("product_account_unknown", known=", ".join(account.name for account in accounts))
    return found[0]


def count_problems(session: Session) -> tuple[int, int]:
    """How many products are flagged, and how many oversold."""
    flagged = select(func.count()).select_from(Product).where(Product.is_flagged()).scalar_subquery()
    oversold = select(func.count()).select_from(Product).where(Product.is_oversold()).scalar_subquery()
    some, more = session.execute(select(flagged, oversold)).one()
    return some, more
