"""Sequences of document numbers: ascending, each assigned once."""

from functools import partial

from sqlalchemy import String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.db import high_water_mark
from webapp.db.base import Base
from webapp.db.bulk_write import insert_if_missing
from webapp.db.engine import is_losable
from webapp.db.session_hooks import run_after_commit

FIRST = 100001


class Counter(Base):
    """The last number assigned of a kind: orders, invoices, shipments, credit memos."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


_COUNTERS = Counter.__table__
_MORE = (
    update(_COUNTERS)  # type: ignore[arg-type]
    .where(_COUNTERS.c.name == bindparam("of"))
    .values(value=_COUNTERS.c.value + bindparam("many"))
    .returning(_COUNTERS.c.value)
)


def next_numbers(session: Session, name: str, many: int = 1) -> range:
    """Assign `many` new numbers in the current transaction; a rollback releases them."""
    connection, parameters = session.connection(), {"of": name, "many": many}
    last = connection.scalar(_MORE, parameters)
    if last is None:
        # Two may need the first number of a kind at once, and neither sees what the other inserts.
        insert_if_missing(session, Counter, {"name": name, "value": FIRST - 1})
        last = connection.execute(_MORE, parameters).scalar_one()
    _raise_mark(session, name, last)
    return range(last - many + 1, last + 1)


def lock(session: Session, name: str) -> None:
    """Lock the counter until the transaction ends, without assigning a number."""
    session.execute(select(_COUNTERS.c.value).where(_COUNTERS.c.name == name).with_for_update())


def raise_to(session: Session, name: str, value: int) -> None:
    """Raise the counter to at least `value`. Does not commit."""
    _raise_mark(session, name, value)
    insert_if_missing(session, Counter, {"name": name, "value": value})
    session.execute(update(Counter).where(Counter.name == name, Counter.value < value).values(value=value))


def load_all(session: Session) -> dict[str, int]:
    """Return the last value of each counter."""
    return {row.name: row.value for row in session.execute(select(Counter.name, Counter.value))}


def _raise_mark(session: Session, name: str, value: int) -> None:
    """Write the value to the high-water mark once it is committed to the disk.

    If the commit may be lost, the mark must not be ahead of it; the next call or the maintenance job writes it.
    """
    if is_losable():
        return
    run_after_commit(session, partial(high_water_mark.raise_to, {name: value}))
