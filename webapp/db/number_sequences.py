"""Numbers that people read: each given once, in order, never again."""

from sqlalchemy import String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.db.base import Base
from webapp.db.bulk_write import insert_if_missing

FIRST = 100001


class Counter(Base):
    """The last number given out of a kind: orders, invoices, shipments, credit memos."""

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
    """`many` new numbers, in the transaction that uses them: a rollback gives them back."""
    connection, parameters = session.connection(), {"of": name, "many": many}
    last = connection.scalar(_MORE, parameters)
    if last is None:
        # Two may need the first number of a kind at once, and neither sees what the other inserts.
        insert_if_missing(session, Counter, {"name": name, "value": FIRST - 1})
        last = connection.execute(_MORE, parameters).scalar_one()
    return range(last - many + 1, last + 1)


def lock(session: Session, name: str) -> None:
    """Let nobody else have a number of this kind until the transaction ends, without taking one."""
    session.execute(select(_COUNTERS.c.value).where(_COUNTERS.c.name == name).with_for_update())
