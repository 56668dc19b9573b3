"""Copying rows into PostgreSQL while this process goes on: the server writes what was sent, and is heard afterwards."""

from collections.abc import Generator, Sequence
from typing import Any

import psycopg
from psycopg import pq
from psycopg.copy import LibpqWriter
from psycopg.waiting import Ready, Wait

# Asks for what it waits for, and is told when that has come.
_Steps = Generator[Wait, Ready | int, None]


class Connection(psycopg.Connection[Any]):
    """A connection whose last COPY may not have been answered yet.

    Whatever is asked of it next waits for that answer first, and fails as the COPY did; a commit as well.
    """

    _unheard: _Steps | None = None

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        self.hear()
        return super().wait(gen, *args, **options)

    def hear(self) -> None:
        """Wait for the answer to the last COPY. Raises what it failed with."""
        unheard, self._unheard = self._unheard, None
        if unheard is not None:
            super().wait(unheard)

    def hear_later(self, steps: _Steps) -> None:
        self._unheard = steps

    def rollback(self) -> None:
        try:
            self.hear()
        except psycopg.Error:
            # Nothing of the transaction will be left, whether the rows could be written or not.
            if self.closed:
                raise
        super().rollback()


def connect(_dialect: Any, _record: Any, args: Sequence[Any], options: dict[str, Any]) -> Connection:
    """For SQLAlchemy's event of this name."""
    return Connection.connect(*args, **options)


def copy(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Send rows to a COPY. Whether they could be written is known when the connection is used the next time."""
    with connection.cursor() as cursor, cursor.copy(statement.encode(), writer=_Writer(cursor)) as copy:
        for row in rows:
            copy.write_row(row)


class _Writer(LibpqWriter):
    def finish(self, exc: BaseException | None = None) -> None:
        if exc is not None:
            super().finish(exc)
            return
        connection: Any = self.connection
        connection.wait(_ended(connection.pgconn))
        connection.hear_later(_answered(connection.pgconn))


def _ended(connection: pq.abc.PGconn) -> _Steps:
    """Say that no more rows come."""
    while connection.put_copy_end() == 0:
        yield Wait.W
    while connection.flush():
        yield Wait.W


def _answered(connection: pq.abc.PGconn) -> _Steps:
    failed = None
    while True:
        while connection.is_busy():
            yield Wait.R
            connection.consume_input()
        result = connection.get_result()
        if result is None:
            break
        if result.status != pq.ExecStatus.COMMAND_OK:
            failed = result
    if failed is not None:
        raise psycopg.errors.error_from_result(failed)
