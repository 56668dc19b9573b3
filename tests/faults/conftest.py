"""Fixtures of the fault tests."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from webapp.db.engine import build_engine_options, lock_wait, prepare
from webapp.domain.errors import AppError


@pytest.fixture
def run_concurrently(app, settings):
    """Call each work(session) in a thread with an engine of its own, all starting at the same moment.

    Returns what they returned, or the AppError they raised; any other error fails the test.
    """

    def run(*works):
        barrier = Barrier(len(works))

        def begin(work):
            engine = create_engine(settings.database, **build_engine_options(settings.database))
            prepare(engine)
            try:
                # SQLite does not queue writers, so on a busy machine one of eight may wait for longer than usual.
                with lock_wait(120_000), Session(engine) as session:
                    session.connection()
                    session.rollback()
                    barrier.wait(120)
                    try:
                        return work(session)
                    except AppError as error:
                        return error
            finally:
                engine.dispose()

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(begin, works))

    return run
