"""Rows on their way to PostgreSQL: what becomes of them is known before anything else is answered."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from tests.factories import NOW
from webapp.actions.bulk import insert_many
from webapp.extensions import db
from webapp.models import copying
from webapp.models.events import Event

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

A_ROW = {"at": NOW, "by": "test", "kind": "noted"}


def rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Event)) or 0


@pytest.fixture
def driver(session: Session) -> copying.Connection:
    found = session.connection().connection.driver_connection
    assert isinstance(found, copying.Connection)
    return found


def test_what_was_sent_is_there_for_whoever_reads_next(session):
    insert_many(session, Event, [A_ROW] * 3)
    insert_many(session, Event, [A_ROW] * 2)

    assert rows(session) == 5
    session.rollback()
    assert rows(session) == 0


def test_the_answer_is_not_waited_for_until_somebody_asks(session, driver):
    insert_many(session, Event, [A_ROW])
    assert driver._unheard is not None

    session.execute(text("SELECT 1"))
    assert driver._unheard is None


def test_rows_that_are_refused_fail_what_is_asked_next(session):
    insert_many(session, Event, [{"id": 1} | A_ROW] * 2)

    with pytest.raises(IntegrityError, match="pk_events"):
        rows(session)
    session.rollback()
    assert rows(session) == 0


def test_rows_that_are_refused_are_not_committed(session):
    insert_many(session, Event, [A_ROW])
    insert_many(session, Event, [{"store_id": 12345} | A_ROW])

    with pytest.raises(IntegrityError, match="fk_events_store_id_stores"):
        session.commit()
    session.rollback()
    assert rows(session) == 0


def test_rows_that_are_refused_keep_nobody_from_giving_up(session):
    insert_many(session, Event, [{"id": 1} | A_ROW] * 2)
    session.rollback()

    insert_many(session, Event, [A_ROW])
    session.commit()
    assert rows(session) == 1


def test_a_row_that_cannot_be_sent_fails_at_once(session, driver):
    def breaking() -> Iterator[tuple[str]]:
        yield ("one",)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        copying.copy(driver, "COPY events (kind) FROM STDIN", breaking())
    session.rollback()
    assert rows(session) == 0


def test_a_server_that_goes_meanwhile_is_missed(session, driver):
    insert_many(session, Event, [A_ROW])
    with db.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": driver.info.backend_pid})

    with pytest.raises(OperationalError):
        rows(session)
    session.rollback()
    assert rows(session) == 0
