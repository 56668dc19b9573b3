import json
import zlib

import pytest
from redis import Redis
from rq.utils import import_attribute

from webapp.core import queue


@pytest.mark.parametrize("kind", queue.CATALOGUE, ids=lambda kind: kind.name)
def test_every_path_of_the_catalogue_leads_to_a_function_and_a_queue(kind: queue.JobKind) -> None:
    assert kind.name in import_attribute(kind.path).__name__
    assert kind.queue in {*queue.QUEUES, ""}


def test_a_job_is_written_as_json(redis: Redis) -> None:
    queue.enqueue(redis, "sync_account", 3)
    data = redis.hget("rq:job:sync_account-3", "data")
    assert json.loads(zlib.decompress(data)) == ["jobs.sync.sync_account", None, [3], {}]


def test_a_queued_job_is_not_enqueued_again(redis: Redis) -> None:
    queue.enqueue(redis, "sync_account", 3)
    queue.enqueue(redis, "sync_account", 3)
    queue.enqueue(redis, "sync_account", 4)
    assert queue.queue(redis, "sync").job_ids == ["sync_account-3", "sync_account-4"]


@pytest.mark.parametrize("status", ["failed", "finished", "stopped", "canceled"])
def test_an_ended_job_does_not_block_the_next(redis: Redis, status: str) -> None:
    redis.hset("rq:job:sync_account-3", "status", status)
    assert queue.enqueue_once(redis, "sync_account", 3) is True
    assert queue.queue(redis, "sync").job_ids == ["sync_account-3"]


def test_what_a_late_heartbeat_left_behind_does_not_block_the_next(redis: Redis) -> None:
    redis.hset("rq:job:sync_account-3", "last_heartbeat", "2026-01-01T00:00:00Z")
    assert queue.enqueue_once(redis, "sync_account", 3) is True


def test_a_job_enqueued_while_it_runs_is_run_again(redis: Redis) -> None:
    redis.hset("rq:job:sync_account-3", "status", "started")
    queue.mark_started(redis, "sync_account-3")
    queue.enqueue(redis, "sync_account", 3)
    assert queue.queue(redis, "sync").job_ids == []
    redis.delete("rq:job:sync_account-3")
    queue.requeue_if_signalled(redis, "sync_account-3", [3])
    assert queue.queue(redis, "sync").job_ids == ["sync_account-3"]


def test_a_job_not_enqueued_while_it_ran_is_not_run_again(redis: Redis) -> None:
    queue.enqueue(redis, "sync_account", 3)
    queue.mark_started(redis, "sync_account-3")
    redis.delete("rq:job:sync_account-3", "rq:queue:sync")
    queue.requeue_if_signalled(redis, "sync_account-3", [3])
    assert queue.queue(redis, "sync").job_ids == []
