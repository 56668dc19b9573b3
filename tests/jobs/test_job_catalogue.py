"""What stands in Redis decides which job of the catalogue runs next, and nothing else."""

import json
import zlib
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.job import Callback, JobStatus
from rq.serializers import JSONSerializer

from tests.jobs.test_worker import begun, kill, texts, working
from tests.support.running_app import wait_until
from webapp.core import queue

pytestmark = pytest.mark.processes

MARK = "tests.jobs.probe.mark"


@pytest.fixture(autouse=True)
def probes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("wait", "fail", "be_busy"):
        kind = queue.JobKind(name, f"tests.jobs.probe.{name}", "sync", timeout=30, retry=3)
        monkeypatch.setitem(queue.BY_NAME, name, kind)


def put(redis: Redis, function: str, *args: Any, **options: Any) -> str:
    """A job as anybody could put it into Redis."""
    line = Queue("sync", connection=redis, serializer=JSONSerializer)
    return line.enqueue(function, *args, **options).id


def status(redis: Redis, job_id: str) -> str:
    return (redis.hget(f"rq:job:{job_id}", "status") or b"").decode()


def run_one_after(app: Flask, redis: Redis) -> None:
    """Have a worker take what is in its queue, and a job of the catalogue after it."""
    queue.enqueue(redis, "wait", 7)
    redis.rpush("go", 1)
    with working(app):
        wait_until(lambda: texts(redis, "done") == ["7"])


@pytest.mark.parametrize(
    ("function", "args", "options"),
    [
        (MARK, (), {}),
        (MARK, (7,), {"job_id": "wait-7", "retry": queue.Retry(max=3)}),
        ("os.system", ("true",), {}),
        ("subprocess.check_output", (["true"],), {}),
        ("builtins.eval", ("1",), {}),
        ("jobs.worker.run", (), {}),
        ("tests.jobs.probe.settings", (), {}),
        ("no.such.function", (), {}),
        # A function of the catalogue with what no caller of ours gives it.
        ("tests.jobs.probe.wait", ("7",), {"job_id": "wait-7"}),
        ("tests.jobs.probe.wait", (True,), {"job_id": "wait-True"}),
        ("tests.jobs.probe.wait", (7,), {"job_id": "another-7"}),
        ("tests.jobs.probe.wait", (), {"job_id": "wait", "kwargs": {"number": 7}}),
    ],
)
def test_a_function_that_is_not_in_the_catalogue_is_refused(
    app: Flask, redis: Redis, capfd: pytest.CaptureFixture[str], function: str, args: tuple[Any, ...], options: Any
) -> None:
    job_id = put(redis, function, *args, **options)
    redis.set(f"channeldesk:again:{job_id}", 1)
    with working(app):
        wait_until(lambda: status(redis, job_id) == JobStatus.FAILED.value)
    assert texts(redis, "ran") + texts(redis, "began") == []


def test_the_worker_goes_on_after_a_refused_job(app: Flask, redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    put(redis, MARK)
    run_one_after(app, redis)
    assert texts(redis, "ran") == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"not json", json.dumps([MARK, "x", [], {}]).encode()])
def test_job_data_that_is_no_call_is_refused(app: Flask, redis: Redis, data: bytes) -> None:
    job_id = put(redis, MARK)
    redis.hset(f"rq:job:{job_id}", "data", zlib.compress(data))
    run_one_after(app, redis)
    assert texts(redis, "ran") == []


@pytest.mark.parametrize("how", ["on_success", "on_failure"])
@pytest.mark.parametrize("name", ["wait", "fail"])
def test_callbacks_stored_in_redis_are_not_called(app: Flask, redis: Redis, how: str, name: str) -> None:
    ids = (7,) if name == "wait" else ()
    redis.rpush("go", 1)
    job_id = put(redis, f"tests.jobs.probe.{name}", *ids, job_id=queue.key(name, *ids), **{how: Callback(MARK)})
    with working(app):
        wait_until(lambda: not redis.exists(f"rq:job:{job_id}") or status(redis, job_id) in {"finished", "failed"})
    assert texts(redis, "ran") == []
    assert len(texts(redis, "done")) == len(ids)


def test_a_callback_of_an_abandoned_job_is_not_called(app: Flask, redis: Redis) -> None:
    put(redis, "tests.jobs.probe.wait", 7, job_id="wait-7", on_failure=Callback(MARK))
    with working(app) as pid:
        wait_until(begun(redis, 1))
        kill(app, pid)
    with working(app):
        wait_until(lambda: status(redis, "wait-7") == JobStatus.FAILED.value)
    assert texts(redis, "ran") == []
