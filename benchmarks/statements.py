"""Measure the database alone: the statements of a page, run again without the application."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from webapp.core.extensions import db

Statement = tuple[str, Any]


def of_page(app: Flask, cookie: str, path: str) -> list[Statement]:
    """Return the SELECT statements of this page."""
    with app.app_context(), recorded() as found:
        headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
        status = app.test_client(use_cookies=False).get(path, headers=headers).status_code
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
    return found


def of_call(app: Flask, call: Callable[[], Any]) -> list[Statement]:
    with app.app_context(), recorded() as found:
        call()
        db.session.rollback()
    return found


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Record the SELECT statements of the current application while the block lasts."""
    found: list[Statement] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            found.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)


def milliseconds(app: Flask, asked: list[Statement], rounds: int = 20) -> float:
    """Return the median time to run these in sequence and to read their rows."""
    took = []
    with app.app_context():
        connection = db.engine.raw_connection()
        try:
            cursor = connection.cursor()
            for _ in range(rounds):
                started = time.perf_counter()
                for statement, values in asked:
                    cursor.execute(statement, values)
                    cursor.fetchall()
                took.append((time.perf_counter() - started) * 1000)
        finally:
            connection.close()
    return statistics.median(took)
