"""How connections are had: one for a page, and none that has died."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine.default import DefaultDialect

from webapp.core.extensions import db
from webapp.db import engine

pytestmark = pytest.mark.both_databases


@pytest.fixture
def taken(app: Flask) -> Iterator[list[object]]:
    """The connections that were taken from those put away."""
    results: list[object] = []

    def note(connection: object, *_more: object) -> None:
        results.append(connection)

    event.listen(db.engine, "checkout", note)
    yield results
    event.remove(db.engine, "checkout", note)


@pytest.fixture
def tried(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections that were asked whether they are still there."""
    results: list[object] = []
    ping = DefaultDialect.do_ping if db.engine.dialect.name == "sqlite" else type(db.engine.dialect).do_ping

    def noting(self: DefaultDialect, connection: object) -> bool:
        results.append(connection)
        return ping(self, connection)  # type: ignore[arg-type]

    monkeypatch.setattr(type(db.engine.dialect), "do_ping", noting)
    return results


def test_a_page_takes_one_connection(owner_client: FlaskClient, taken: list[object]) -> None:
    assert owner_client.get("/orders").status_code == 200
    assert len(taken) == 1


def test_a_connection_that_was_used_just_now_is_not_tried(owner_client: FlaskClient, tried: list[object]) -> None:
    owner_client.get("/orders")
    tried.clear()
    assert [owner_client.get("/orders").status_code for _ in range(3)] == [200, 200, 200]
    assert tried == []


def test_one_that_lay_still_for_long_is_tried(
    owner_client: FlaskClient, tried: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner_client.get("/orders")
    tried.clear()
    monkeypatch.setattr(engine, "_SECONDS_TRUSTED", -1.0)
    owner_client.get("/orders")
    assert len(tried) == (0 if db.engine.dialect.name == "sqlite" else 1)


def test_what_the_server_has_ended_is_replaced(owner_client: FlaskClient, app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("a file ends nothing")
    owner_client.get("/orders")
    others = create_engine(db.engine.url)
    ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
    with others.connect() as connection:
        assert connection.scalars(text(f"{ended} AND pid <> pg_backend_pid()")).all()
    others.dispose()

    assert owner_client.get("/orders").status_code == 200


def test_after_reading_one_writes_in_a_transaction(owner_client: FlaskClient, app: Flask) -> None:
    owner_client.get("/orders")
    with db.engine.connect() as connection:
        connection.execute(text("CREATE TABLE made_and_undone (id INTEGER)"))
        connection.rollback()
    with db.engine.connect() as connection:
        # Nothing of it is left.
        connection.execute(text("CREATE TABLE made_and_undone (id INTEGER)"))
        connection.rollback()


def test_who_writes_much_is_given_room_once_and_nobody_else_is(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("a server has its own")

    def kept(connection: Connection) -> list[int | None]:
        return [connection.scalar(text(f"PRAGMA {name}")) for name in ("cache_size", "wal_autocheckpoint")]

    with engine.read_only(), db.engine.connect() as connection, db.engine.connect() as other:
        for _ in range(2):
            engine.enlarge_cache(connection)
            assert kept(connection) == [-8000, 4000]
        assert kept(other) == [-2000, 1000]


def synchronous(connection: Connection) -> str | None:
    return connection.scalar(text("PRAGMA synchronous"))


@pytest.mark.only_sqlite
def test_a_commit_waits_for_the_disk_unless_it_may_be_lost(app: Flask) -> None:
    normal, full = 1, 2
    for _ in range(2):
        with db.engine.connect() as connection:
            assert synchronous(connection) == full
        with engine.losable_commits(), db.engine.connect() as connection:
            assert synchronous(connection) == normal
            connection.commit()
            assert synchronous(connection) == normal
    with engine.losable_commits(), db.engine.connect() as connection:
        assert synchronous(connection) == normal
        with db.engine.connect() as other, engine.read_only():
            # Not what this connection was used for before counts, but what it is used for now.
            assert synchronous(other) == normal
    with engine.read_only(), db.engine.connect() as connection:
        assert synchronous(connection) == full


@pytest.mark.parametrize(
    ("set_for_the_database", "in_use"),
    [("off", "on"), ("on", "on"), ("local", "local"), ("remote_apply", "remote_apply")],
)
def test_postgresql_commits_to_the_disk_whatever_its_own_setting_is(
    app: Flask, set_for_the_database: str, in_use: str
) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("a setting of PostgreSQL's")
    name = db.engine.url.database
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = {set_for_the_database}'))
    db.engine.dispose()

    with db.engine.connect() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == in_use
        connection.rollback()
        # It holds for the connection, not for the transaction in which it was set.
        assert connection.scalar(text("SHOW synchronous_commit")) == in_use
