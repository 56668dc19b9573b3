"""Asking for many keys with one parameter."""

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, an_account
from webapp.core.extensions import db
from webapp.db.any_of import any_of
from webapp.db.bulk_write import insert_many
from webapp.models.audit_log import Event
from webapp.services.sync.importing import change_detection

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("wanted", [["one", "three"], ["it's\t\\\"{é,NULL}"], ["none"], []])
def test_texts_are_found_as_they_are(session, wanted):
    kinds = ["one", "two", "three", "it's\t\\\"{é,NULL}"]
    insert_many(session, Event, [{"at": NOW, "actor": "test", "kind": kind} for kind in kinds])

    found = session.scalars(select(Event.kind).where(any_of(Event.kind, "kinds")), {"kinds": wanted}).all()

    assert sorted(found) == sorted(set(wanted) & set(kinds))


def test_whole_numbers_are_found_also_very_large_ones(session):
    insert_many(session, Event, [{"at": NOW, "actor": "test", "kind": str(n)} for n in range(3)])
    first = session.scalars(select(Event.id).order_by(Event.id)).first()

    kinds = session.scalars(select(Event.kind).where(any_of(Event.id, "ids")), {"ids": [first, first + 2, 2**60]}).all()

    assert sorted(kinds) == ["0", "2"]


def test_it_goes_with_other_conditions_on_both_sides(session):
    insert_many(session, Event, [{"at": NOW, "actor": actor, "kind": "noted"} for actor in ("a", "b", "c")])
    wanted = select(Event.actor).where(Event.kind == "noted", any_of(Event.actor, "names") & (Event.actor != "b"))

    assert session.scalars(wanted, {"names": ["a", "b"]}).all() == ["a"]
    assert session.scalars(select(Event.actor).where(~any_of(Event.actor, "names")), {"names": ["a", "b"]}).all() == [
        "c"
    ]


def test_sqlite_goes_by_the_index_of_the_keys(session):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by how much there is")
    an_account(session)
    statement = str(change_detection._STORED.compile(db.engine))

    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1, '["902-0000000-0000001"]'))

    assert "(account_id=? AND number=?)" in " ".join(str(row) for row in plan)
