"""Numbers that people read: each given once, in order, never again."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.actions.bulk import insert_absent
from webapp.models.orders import Counter

FIRST = 100001


def take(session: Session, name: str, many: int = 1) -> range:
    """`many` new numbers, in the transaction that uses them: a rollback gives them back."""
    more = update(Counter).where(Counter.name == name).values(value=Counter.value + many).returning(Counter.value)
    last = session.scalar(more, execution_options={"synchronize_session": False})
    if last is None:
        # Two may need the first number of a kind at once, and neither sees what the other inserts.
        insert_absent(session, Counter, {"name": name, "value": FIRST - 1})
        last = session.execute(more, execution_options={"synchronize_session": False}).scalar_one()
    return range(last - many + 1, last + 1)
