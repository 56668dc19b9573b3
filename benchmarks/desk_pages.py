"""The pages that are measured: their URLs, and the signed-in user."""

import secrets
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from benchmarks.orders import COMMON, FREQUENT, RARE
from webapp.core.extensions import db
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.shipments import Shipment
from webapp.models.users import User, WebSession
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import search
from webapp.queries.orders import orders
from webapp.queries.users import digest_token
from webapp.services.invoicing import credit_memos
from webapp.services.orders import comments, holds
from webapp.services.shipping import shipments

LAST_PAGE = 10_000
FIRST, NEXT, JUMP = "first page", "next page in the middle", "page 10,000 by its number"
PREVIOUS, BEHIND = "previous page in the middle", "next page behind page 10,000"
COMMON_FILTER, RARE_FILTER = "filter: 84 % of rows", "filter: 2 % of rows"
NAMES = {f"name: 1 in {n}": word for n, word in (("10,000", RARE), ("333", FREQUENT), ("7", COMMON))}
NUMBER, ORDER, DASHBOARD = "order number", "one order", "dashboard"
SMALL_ORDER, MIRROR, STORES = "one order, as imported", "one Amazon order", "stores"


def sign_in(app: Flask) -> str:
    """Sign in an owner and return the cookie."""
    cookie, now = secrets.token_urlsafe(32), datetime.now(UTC)
    with app.app_context(), Session(db.engine) as session:
        user = session.scalar(select(User).where(User.email == "benchmark@desk.example"))
        if user is None:
            user = User(
                email="benchmark@desk.example",
                password=None,
                role="owner",
                active=True,
                created_at=now,
                fs_uniquifier=secrets.token_hex(16),
            )
            session.add(user)
            session.flush()
        data = {"csrf_token": secrets.token_hex(32), "_user_id": user.fs_uniquifier, "_fresh": True}
        session.execute(
            insert(WebSession).values(
                id_hash=digest_token(cookie), user_id=user.id, data=data, created_at=now, seen_at=now
            )
        )
        session.commit()
    return f"{app.session_interface.name}={cookie}"  # type: ignore[attr-defined]


def paths(app: Flask) -> dict[str, str]:
    """Name → path of each page measured."""
    with app.app_context(), Session(db.engine) as session:
        return {**_lists(session), **_found(session), **_single(session)}


def never_seen(app: Flask, many: int) -> list[str]:
    """Return URLs of up to `many` order list pages that no other measurement requests."""
    with app.app_context(), Session(db.engine) as session:
        grid = orders.build_grid(stores.list_store_names(session)).choose()
        there = session.scalar(select(func.count()).select_from(Order)) or 0
        place = grid_fetch.parse_page_request(grid, {"page": str(max(2, there // grid_fetch.SIZE // 3))})
        found: list[str] = []
        while len(found) < many and (edge := grid_fetch.fetch_page(session, grid, place, {}).next):
            place = grid_fetch.replace(place, page=None, after=edge)
            found.append(f"/orders?after={grid_fetch.encode_cursor(place, edge)}")
        return found


def count(app: Flask) -> int:
    """Count the Amazon orders."""
    with app.app_context(), Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(AmazonOrder)) or 0


def amazons_number(app: Flask) -> str:
    """Return the number of an Amazon order in the middle that has an order."""
    with app.app_context(), Session(db.engine) as session:
        return str(session.scalar(select(AmazonOrder.number).where(AmazonOrder.id == _middle(session).amazon_order_id)))


def _lists(session: Session) -> dict[str, str]:
    many = session.scalar(select(func.count()).select_from(Order)) or 0
    grid = orders.build_grid(stores.list_store_names(session)).choose()
    last = max(2, min(LAST_PAGE, many // grid_fetch.SIZE))
    middle = grid_fetch.fetch_page(
        session, grid, grid_fetch.parse_page_request(grid, {"page": str(max(2, last // 2))}), {}
    )
    deep = grid_fetch.fetch_page(session, grid, grid_fetch.parse_page_request(grid, {"page": str(last)}), {})
    request = grid_fetch.parse_page_request(grid, {})

    def url(side: str, cursor: grid_fetch.Cursor | None) -> str:
        return f"/orders?{side}={grid_fetch.encode_cursor(request, cursor)}" if cursor else "/orders"

    return {
        FIRST: "/orders",
        NEXT: url("after", middle.next),
        PREVIOUS: url("before", middle.previous),
        BEHIND: url("after", deep.next),
        JUMP: f"/orders?page={last}",
        COMMON_FILTER: "/amazon-orders?status=SHIPPED",
        RARE_FILTER: "/amazon-orders?status=UNSHIPPED",
        "sorted by total": "/amazon-orders?sort=-total",
        "sorted by ship-by": "/orders?sort=ship_by",
    }


def _found(session: Session) -> dict[str, str]:
    by_name = {
        name: f"/amazon-orders?q={quote(search.encrypt_param(word, personal=True))}" for name, word in NAMES.items()
    }
    middle = session.get_one(AmazonOrder, _middle(session).amazon_order_id)
    return {
        **by_name,
        "Orders of a name: 1 in 7": f"/orders?q={quote(search.encrypt_param(COMMON, personal=True))}",
        "search box, two words": f"/search?q={quote(search.encrypt_param(COMMON + ' mug', personal=True))}",
        NUMBER: f"/amazon-orders?number={middle.number}",
    }


def _single(session: Session) -> dict[str, str]:
    middle = _middle(session)
    amazons = session.get_one(AmazonOrder, middle.amazon_order_id).number
    return {
        ORDER: f"/orders/{_worked_on(session)}",
        SMALL_ORDER: f"/orders/{middle.number}",
        MIRROR: f"/amazon-orders/{amazons}",
        STORES: "/stores",
        DASHBOARD: f"/stores/{stores.list_store_names(session)[0].slug}",
    }


def _middle(session: Session) -> Order:
    many = session.scalar(select(func.count()).select_from(Order)) or 0
    return session.scalars(select(Order).order_by(Order.id).offset(many // 2).limit(1)).one()


def _worked_on(session: Session) -> str:
    """Return the number of an order with comments, two parcels with open submissions, and a credit memo."""
    there = session.scalar(select(Order.number).join(Shipment, Shipment.order_id == Order.id).limit(1))
    if there is not None:
        return there
    waiting = select(Order).join(Order.amazon_order).where(Order.state == "processing")
    order = session.scalars(waiting.where(AmazonOrder.status == "UNSHIPPED").order_by(Order.id.desc()).limit(1)).one()
    id_, number = order.id, order.number
    session.rollback()
    now, actor = datetime.now(UTC), "benchmark"
    comments.create(session, id_, "The buyer asks for a gift box.", now=now, actor=actor)
    holds.hold(session, id_, "Waits for the gift box.", now=now, actor=actor)
    holds.unhold(session, id_, now=now, actor=actor)
    shipments.create(
        session, id_, [Parcel(carrier="DHL", tracking_number="00340434161094042557")], now=now, actor=actor
    )
    credit_memos.create(
        session, id_, CreditRequest(quantities={}, adjustment_refund=100), comment="Late.", now=now, actor=actor
    )
    return number
