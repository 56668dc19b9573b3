"""Beginning and ending a fence. Restores with a fence are in tests/e2e/test_restored_database.py."""

import contextlib
import threading

import pytest
from sqlalchemy import select

from tests.support.order_processing import AUDIT_ARGS, run_concurrently
from webapp.models.audit_log import Event
from webapp.models.fences import Fence
from webapp.queries import fences as queries
from webapp.services import fences


@pytest.mark.both_databases
def test_of_two_who_release_a_fence_at_once_one_ends_it(app, session, monkeypatch):
    fences.start(session, fences.RESTORED, **AUDIT_ARGS)
    both_found_it = threading.Barrier(2)

    def meet(*_):
        # Behind a lock only one of them comes here, and goes on alone.
        with contextlib.suppress(threading.BrokenBarrierError):
            both_found_it.wait(1)

    monkeypatch.setattr(fences, "_check_compared", meet)

    def release(own):
        fences.release_all(own, **AUDIT_ARGS)

    assert run_concurrently(app, release, release) == ["done", "fence_none"]
    ended = session.scalars(select(Event.kind).where(Event.kind == "fence_ended")).all()
    assert ended == ["fence_ended"]


@pytest.mark.both_databases
def test_two_that_begin_a_fence_at_once_begin_one(app, session, monkeypatch):
    both_looked = threading.Barrier(2)
    find_active = queries.find_active

    def find_and_meet(own):
        fence = find_active(own)
        # Behind a lock only one of them comes here, and goes on alone.
        with contextlib.suppress(threading.BrokenBarrierError):
            both_looked.wait(1)
        return fence

    monkeypatch.setattr(queries, "find_active", find_and_meet)

    def begin(own):
        fences.start(own, fences.OLDER_DATABASE, **AUDIT_ARGS)

    assert run_concurrently(app, begin, begin) == ["done", "done"]
    assert len(session.scalars(select(Fence)).all()) == 1
