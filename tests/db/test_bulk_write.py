import pytest
from sqlalchemy import select

from tests.support.factories import NOW
from webapp.db.bulk_write import insert_many
from webapp.models.audit_log import Event

pytestmark = pytest.mark.both_databases


def test_many_rows_read_back_as_they_were_given(session):
    rows = [{"at": NOW, "actor": f"user:{n}", "kind": "noted", "args": {"said": "ü\t\\N\n", "n": n}} for n in range(3)]

    insert_many(session, Event, rows)

    entries = session.scalars(select(Event).order_by(Event.id)).all()
    assert [(e.at, e.actor, e.kind, e.args) for e in entries] == [(NOW, r["actor"], "noted", r["args"]) for r in rows]
    assert [e.store_id for e in entries] == [None] * 3


def test_what_rows_leave_out_takes_the_columns_default(session):
    insert_many(session, Event, [{"at": NOW, "actor": "test", "kind": "noted"}])

    assert session.scalars(select(Event.args)).one() == {}


def test_a_column_that_is_not_there_is_an_error(session):
    with pytest.raises(LookupError, match="events has no column colour"):
        insert_many(session, Event, [{"at": NOW, "actor": "test", "kind": "noted", "colour": "red"}])


def test_no_rows_are_no_statement(session):
    insert_many(session, Event, [])

    assert session.scalars(select(Event)).all() == []
