"""Errors of a PostgreSQL server that cannot be used, and the cause shown to the user."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.support.postgres import Server
from webapp.db.database_errors import Cause, find_cause, format_reason, is_database_failure
from webapp.db.engine import build_engine_options, prepare

# As the server reports them. It cannot be made to lose a disk here, but it raises the same errors on request.
RAISED = [
    ("53100", Cause.DISK_FULL),
    ("53300", Cause.UNREACHABLE),
    ("58030", Cause.DISK_ERROR),
    ("XX001", Cause.DAMAGED),
    ("XX002", Cause.DAMAGED),
    ("55P03", Cause.LOCKED),
    ("57P03", Cause.UNREACHABLE),
    ("08006", Cause.UNREACHABLE),
]


@pytest.fixture
def engine(postgres: Server) -> Iterator[Engine]:
    with postgres.database() as url:
        engine = connected(url)
        yield engine
        engine.dispose()


def connected(url: str) -> Engine:
    engine = create_engine(url, **build_engine_options(url))
    prepare(engine)
    return engine


def error_of(engine: Engine, *statements: str) -> DBAPIError:
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except DBAPIError as error:
        return error
    pytest.fail("no error")


@pytest.mark.parametrize(("state", "cause"), RAISED)
def test_an_error_of_the_server_has_its_cause(engine: Engine, state: str, cause: Cause) -> None:
    error = error_of(engine, f"DO $$ BEGIN RAISE EXCEPTION 'first line\nsecond' USING ERRCODE = '{state}'; END $$")
    assert find_cause(error) == cause
    assert is_database_failure(error)
    assert format_reason(error) == "first line"


def test_a_server_that_only_reads_is_read_only(engine: Engine) -> None:
    error = error_of(engine, "CREATE TABLE t (n int)", "SET TRANSACTION READ ONLY", "INSERT INTO t VALUES (1)")
    assert find_cause(error) == Cause.READ_ONLY


def test_a_database_that_only_reads_is_read_only(engine: Engine) -> None:
    name = engine.url.database
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (n int)"))
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    engine.dispose()
    assert find_cause(error_of(engine, "INSERT INTO t VALUES (1)")) == Cause.READ_ONLY
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0


def test_a_missing_database_is_named_and_another_error_is_none_of_these(engine: Engine) -> None:
    gone = connected(engine.url.set(database="not_there").render_as_string(hide_password=False))
    with pytest.raises(DBAPIError) as caught:
        gone.connect()
    # The driver gives no SQLSTATE for a connection that was refused, but the reason is in its message.
    assert find_cause(caught.value) == Cause.UNREACHABLE
    assert "not_there" in format_reason(caught.value)
    assert find_cause(error_of(engine, "SELECT 1 / 0")) is None
    assert not is_database_failure(error_of(engine, "SELECT 1 / 0"))
