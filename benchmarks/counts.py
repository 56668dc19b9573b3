"""Check that the counts of lists are true: exact, or "more than" with more rows indeed."""

import re

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks import desk_pages as desk
from benchmarks.orders import COMMON, FREQUENT, RARE, surname_is
from benchmarks.served import Server
from webapp.core.extensions import db
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order

_SHOWN = re.compile(r'class="pager-text">([^<]*)<')
_MORE = re.compile(r"more than", re.IGNORECASE)


def wrong(app: Flask, server: Server, paths: dict[str, str]) -> list[str]:
    """Return a sentence for each list with a wrong count."""
    return [
        f"{name} says “{shown}”, but there are {true:,}."
        for name, true in _true(app).items()
        for shown in _SHOWN.findall(server.read(paths[name]))
        if not _fits(shown, true)
    ]


def _fits(shown: str, true: int) -> bool:
    numbers = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", shown)]
    if not numbers:
        return true == 0
    return true > numbers[-1] if _MORE.search(shown) else true == numbers[-1]


def _true(app: Flask) -> dict[str, int]:
    with app.app_context(), Session(db.engine) as session:
        mirrors = select(func.count()).select_from(AmazonOrder)
        every = session.scalar(mirrors) or 0
        return {
            desk.FIRST: session.scalar(select(func.count()).select_from(Order)) or 0,
            desk.COMMON_FILTER: session.scalar(mirrors.where(AmazonOrder.status == "SHIPPED")) or 0,
            desk.RARE_FILTER: session.scalar(mirrors.where(AmazonOrder.status == "UNSHIPPED")) or 0,
            **{
                name: sum(surname_is(n) == word for n in range(every))
                for name, word in zip(desk.NAMES, (RARE, FREQUENT, COMMON), strict=True)
            },
        }
