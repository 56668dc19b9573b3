"""Ending a fence. Restores with a fence are in tests/e2e/test_restored_database.py."""

import contextlib
import threading

import pytest
from sqlalchemy import select

from tests.support.order_processing import AUDIT_ARGS, run_concurrently
from webapp.models.audit_log import Event
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
