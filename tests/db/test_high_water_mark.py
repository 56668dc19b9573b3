"""The high-water mark: written after a commit, never ahead of the database, and a sign that the database is older."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy.orm import Session

from tests.support.restores import copy_rows, put_back
from webapp.core.extensions import db
from webapp.db import high_water_mark, number_sequences, outgoing_calls
from webapp.db.engine import losable_commits
from webapp.db.outgoing_calls import OUTGOING, DatabaseBehindError
from webapp.services import fences

pytestmark = pytest.mark.both_databases


def test_numbers_are_in_the_mark_once_they_are_committed(app, session):
    number_sequences.next_numbers(session, "invoice", 3)
    assert high_water_mark.read() is None
    session.commit()
    assert high_water_mark.read() == {"invoice": 100003}
    assert not outgoing_calls.is_database_behind(session)


def test_numbers_that_were_rolled_back_are_not_in_the_mark(app, session):
    number_sequences.next_numbers(session, "invoice")
    session.rollback()
    number_sequences.next_numbers(session, "order")
    with session.begin_nested() as savepoint:
        number_sequences.next_numbers(session, "invoice")
        savepoint.rollback()
    session.commit()
    assert high_water_mark.read() == {"order": 100001}


def test_a_call_of_an_older_database_is_refused(app, session):
    outgoing_calls.count(session)
    session.commit()
    rows = copy_rows(db.engine)
    outgoing_calls.count(session)
    session.commit()
    put_back(db.engine, rows)

    assert outgoing_calls.is_database_behind(session)
    with pytest.raises(DatabaseBehindError):
        outgoing_calls.count(session)
    assert high_water_mark.read() == {OUTGOING: 100002}


def test_the_mark_never_falls_and_keeps_what_it_has(app, session):
    high_water_mark.raise_to({"order": 5, "invoice": 7})
    high_water_mark.raise_to({"order": 4})
    assert high_water_mark.read() == {"order": 5, "invoice": 7}
    assert high_water_mark._path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_mark_counts_as_missing(app):
    for content in ["", "{", "[]", '{"order": "x"}']:
        high_water_mark._path.write_text(content)
        assert high_water_mark.read() is None, content


def test_numbers_whose_commit_may_be_lost_are_written_with_the_next_one_that_may_not(app, session):
    """After a power cut the mark would be ahead of the database otherwise, and a fence would begin for nothing."""
    with losable_commits():
        number_sequences.next_numbers(session, "order", 100)
        session.commit()
    assert high_water_mark.read() is None
    fences.record_counters(session)
    assert high_water_mark.read() == {"order": 100100}
    with losable_commits():
        number_sequences.next_numbers(session, "order")
        session.commit()
    outgoing_calls.count(session)
    session.commit()
    assert high_water_mark.read() == {"order": 100101, OUTGOING: 100001}


def test_writing_the_mark_deadlocks_with_nobody_who_takes_two_numbers(app, session):
    for name in ("invoice", "order"):
        number_sequences.next_numbers(session, name)
    session.commit()
    high_water_mark._path.unlink()
    if db.engine.dialect.name == "sqlite":
        # One writer at a time.
        return
    number_sequences.next_numbers(session, "order")
    with app.app_context(), Session(db.engine) as other, ThreadPoolExecutor() as pool:
        recorded = pool.submit(fences.record_counters, other)
        wait([recorded], timeout=1)
        number_sequences.next_numbers(session, "invoice")
        session.commit()
        recorded.result()
    assert not outgoing_calls.is_database_behind(session)
