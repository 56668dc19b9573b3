"""Workers are killed in the middle of a job, and the job is done all the same."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy.orm import Session

from jobs import worker
from tests.support.running_app import descendants, is_alive, wait_until
from webapp.core import processes, queue
from webapp.models.recurring_jobs import RecurringJob
from webapp.services import schedule

pytestmark = pytest.mark.processes


@pytest.fixture(autouse=True)
def probes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("wait", "fail", "be_busy", "flush_redis"):
        kind = queue.JobKind(name, f"tests.jobs.probe.{name}", "sync", timeout=30, retry=3)
        monkeypatch.setitem(queue.BY_NAME, name, kind)


@contextmanager
def working(app: Flask, *, only_one: bool = True) -> Iterator[int]:
    pid = processes.fork("worker-sync", lambda: worker.run(app, "sync", only_one=only_one))
    try:
        yield pid
    finally:
        processes.stop(pid, 5)


def texts(redis: Redis, key: str) -> list[str]:
    return [item.decode() for item in redis.lrange(key, 0, -1)]


def begun(redis: Redis, times: int) -> Callable[[], bool]:
    return lambda: texts(redis, "began") == ["7"] * times


def kill(app: Flask, pid: int) -> None:
    """As the kernel does when memory is short; the horse must not go on without its worker."""
    horses = list(descendants(pid))
    assert horses
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_until(lambda: not any(is_alive(horse) for horse in horses))


def test_a_job_of_a_killed_worker_is_restarted_at_once_by_its_only_successor(app: Flask, redis: Redis) -> None:
    queue.enqueue(redis, "wait", 7)
    with working(app) as pid:
        wait_until(begun(redis, 1))
        kill(app, pid)
    with working(app):
        wait_until(begun(redis, 2))
        redis.rpush("go", 1)
        wait_until(lambda: texts(redis, "done") == ["7"])
        wait_until(lambda: not redis.exists("rq:job:wait-7"))


def test_the_frozen_process_of_a_job_is_killed_and_the_job_restarted(
    app: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MONITORING", 1)
    monkeypatch.setattr(worker, "JOB_HEARTBEAT", 4)
    queue.enqueue(redis, "wait", 7)
    with working(app) as pid:
        wait_until(begun(redis, 1))
        (horse,) = descendants(pid)
        os.kill(horse, signal.SIGSTOP)
        wait_until(begun(redis, 2))
        assert not is_alive(horse)
        redis.rpush("go", 1)
        wait_until(lambda: texts(redis, "done") == ["7"])


def test_a_worker_at_a_long_job_answers_for_its_queue(
    app: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MONITORING", 1)
    queue.enqueue(redis, "wait", 7)
    with working(app):
        wait_until(begun(redis, 1))
        queue.request_heartbeats(redis)
        assert queue.list_requests(redis)["sync"] is not None
        wait_until(lambda: queue.list_requests(redis)["sync"] is None)
        redis.rpush("go", 1)
        wait_until(lambda: texts(redis, "done") == ["7"])


def test_a_job_of_a_killed_worker_is_restarted_by_another_after_its_lease(
    app: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEASE", "MONITORING", "MAINTENANCE"):
        monkeypatch.setattr(worker, name, 1)
    queue.enqueue(redis, "wait", 7)
    with working(app, only_one=False) as pid:
        wait_until(begun(redis, 1))
        kill(app, pid)
    with working(app, only_one=False):
        wait_until(begun(redis, 2))
        redis.rpush("go", 1)
        wait_until(lambda: texts(redis, "done") == ["7"])


def test_a_job_whose_own_process_is_killed_is_restarted(app: Flask, redis: Redis) -> None:
    queue.enqueue(redis, "wait", 7)
    with working(app) as pid:
        wait_until(begun(redis, 1))
        (horse,) = descendants(pid)
        os.kill(horse, signal.SIGKILL)
        wait_until(begun(redis, 2))
        redis.rpush("go", 1)
        wait_until(lambda: texts(redis, "done") == ["7"])


def test_a_job_dequeued_by_a_worker_that_died_is_enqueued_again(app: Flask, redis: Redis) -> None:
    queue.enqueue(redis, "wait", 7)
    redis.lmove("rq:queue:sync", "rq:queue:sync:intermediate", "LEFT", "RIGHT")
    redis.rpush("go", 1)
    with working(app):
        wait_until(lambda: texts(redis, "done") == ["7"])


def test_a_job_enqueued_while_it_runs_runs_once_more(app: Flask, redis: Redis) -> None:
    queue.enqueue(redis, "wait", 7)
    with working(app):
        wait_until(begun(redis, 1))
        queue.enqueue(redis, "wait", 7)
        redis.rpush("go", 1)
        wait_until(begun(redis, 2))
        redis.rpush("go", 1)
        wait_until(lambda: texts(redis, "done") == ["7", "7"])
        wait_until(lambda: not redis.exists("rq:job:wait-7"))
    assert texts(redis, "began") == ["7", "7"]


def planned(session: Session, name: str) -> RecurringJob:
    job = schedule.ensure(session, name, name, [], 60, datetime.now(UTC))
    job.enqueued_at = datetime.now(UTC)
    session.commit()
    return job  # Not read again before the worker has written: a transaction of the test's would hold it up.


def test_a_failed_job_shows_its_error_on_the_schedule_and_can_be_enqueued_again(
    app: Flask, session: Session, redis: Redis
) -> None:
    job = planned(session, "fail")
    queue.enqueue(redis, "fail")
    with working(app):
        wait_until(lambda: not redis.exists("rq:job:fail"))
    session.refresh(job)
    assert (job.last_outcome, job.last_cause) == ("failed", "bad_credentials")
    assert job.finished_at is not None
    assert queue.enqueue_once(redis, "fail") is True


def test_a_busy_job_stays_due(app: Flask, session: Session, redis: Redis) -> None:
    job = planned(session, "be_busy")
    queue.enqueue(redis, "be_busy")
    with working(app):
        wait_until(lambda: not redis.exists("rq:job:be_busy"))
    session.refresh(job)
    assert (job.last_outcome, job.finished_at) == (None, None)


def test_sigterm_lets_the_running_job_end(app: Flask, redis: Redis) -> None:
    queue.enqueue(redis, "wait", 7)
    with working(app) as pid:
        wait_until(begun(redis, 1))
        os.kill(pid, signal.SIGTERM)
        redis.rpush("go", 1)
        wait_until(lambda: not processes.is_alive(pid))
    assert texts(redis, "done") == ["7"]


def test_a_worker_that_recovered_jobs_waits_for_more_than_one_job(app: Flask) -> None:
    idle = worker.create_worker(app, "sync", only_one=True)

    connection = idle.connection.connection_pool.get_connection()

    assert connection.socket_timeout > idle.dequeue_timeout
    idle.connection.connection_pool.release(connection)
    idle.connection.close()


def test_a_job_that_redis_interrupts_is_logged_in_one_line_and_any_other_error_with_its_traceback(
    app: Flask, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    queue.enqueue(redis, "wait", 7)
    subject = worker.create_worker(app, "sync", only_one=False)
    (job,) = queue.queue(redis, "sync").jobs
    for error in (RedisConnectionError("Connection refused."), ValueError("a fault of ours")):
        try:
            raise error
        except (RedisConnectionError, ValueError):
            subject.handle_exception(job, *sys.exc_info())

    lost, fault = (record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)
    assert lost == f"Job {job.id} was interrupted, because Redis failed: Connection refused."
    assert "Traceback" in fault
    assert "a fault of ours" in fault


def test_a_job_during_which_redis_lost_its_data_is_logged_in_one_line(
    app: Flask, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    queue.enqueue(redis, "flush_redis")
    subject = worker.create_worker(app, "sync", only_one=False)
    (job,) = queue.queue(redis, "sync").jobs
    with app.app_context():
        subject.perform_job(job, subject.queues[0])

    (message,) = (record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)
    assert message.startswith(f"Job {job.id} was interrupted, because Redis failed: ")
    assert "Traceback" not in caplog.text
