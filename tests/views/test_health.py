"""`/healthz`: green only while every part answers."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from redis import Redis

from webapp.core import queue


@pytest.mark.parametrize(
    ("silent", "status"),
    [(0, 200), (20, 200), (60, 503), (3 * 3600, 503), (3 * 86400, 503)],
)
def test_a_scheduler_that_has_been_silent_for_long_is_not_healthy(
    anonymous_client: FlaskClient, job_queue: Redis, silent: int, status: int
) -> None:
    queue.record_scheduler_heartbeat(job_queue, datetime.now(UTC) - timedelta(seconds=silent))
    answer = anonymous_client.get("/healthz")
    assert answer.status_code == status
    assert silent <= answer.json["scheduler_tick_age"] < silent + 15
    assert (answer.json["database"], answer.json["redis"]) == (True, True)


def test_a_scheduler_that_never_ran_is_not_healthy(anonymous_client: FlaskClient, job_queue: Redis) -> None:
    answer = anonymous_client.get("/healthz")
    assert (answer.status_code, answer.json["scheduler_tick_age"]) == (503, None)


def test_a_redis_that_does_not_answer_is_not_healthy(anonymous_client: FlaskClient) -> None:
    answer = anonymous_client.get("/healthz")
    assert (answer.status_code, answer.json["redis"], answer.json["database"]) == (503, False, True)
