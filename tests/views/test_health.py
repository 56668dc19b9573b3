"""`/healthz`, `/metrics` and the health page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.support.factories import an_account
from webapp import create_app
from webapp.core import queue
from webapp.core.settings import Settings
from webapp.models.reported_orders import OrderRead
from webapp.queries.sync import data_age
from webapp.services.sync import backfill as backfills
from webapp.services.sync import order_reads


def start_processes(redis: Redis) -> None:
    """Have the scheduler and all workers just answered."""
    queue.record_scheduler_heartbeat(redis, datetime.now(UTC))
    for name in queue.QUEUES:
        queue.record_answer(redis, name)


def test_all_checks_pass_while_every_part_answers(anonymous_client: FlaskClient, job_queue: Redis) -> None:
    start_processes(job_queue)
    answer = anonymous_client.get("/healthz")
    assert (answer.status_code, answer.json["status"]) == (200, "ok")
    assert set(answer.json["checks"].values()) == {"ok"}


@pytest.mark.parametrize(
    ("silent", "status"),
    [(0, 200), (20, 200), (60, 503), (3 * 3600, 503), (3 * 86400, 503)],
)
def test_a_scheduler_that_has_been_silent_for_long_is_not_healthy(
    anonymous_client: FlaskClient, job_queue: Redis, silent: int, status: int
) -> None:
    start_processes(job_queue)
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
    # What follows from it is not reported as well.
    assert {name for name, level in answer.json["checks"].items() if level == "fail"} == {"redis"}


def test_healthz_names_no_account(anonymous_client: FlaskClient, session: Session, job_queue: Redis) -> None:
    account = an_account(session)
    account.name, account.error_code = "Secret Brand", "bad_credentials"
    session.commit()
    start_processes(job_queue)
    answer = anonymous_client.get("/healthz")
    assert (answer.status_code, answer.json["checks"]["credentials"]) == (503, "fail")
    assert "Secret" not in answer.text


def test_requests_share_the_results_of_some_seconds(
    app: Flask, anonymous_client: FlaskClient, job_queue: Redis
) -> None:
    start_processes(job_queue)
    app.extensions["channeldesk_health"].lifetime = 3600
    assert anonymous_client.get("/healthz").json["status"] == "ok"
    job_queue.flushall()
    assert anonymous_client.get("/healthz").json["status"] == "ok"


def test_the_health_page_and_the_banner_name_the_problem_and_what_to_do(
    owner_client: FlaskClient, session: Session, job_queue: Redis
) -> None:
    account = an_account(session)
    account.name, account.error_code = "Musterladen", "bad_credentials"
    session.commit()
    start_processes(job_queue)
    text = "Amazon refuses the credentials of the account Musterladen. Replace them."
    assert text in owner_client.get("/health").text
    assert text in owner_client.get("/health/banner").text
    assert "/health/banner" in owner_client.get("/").text


def test_metrics_are_prometheus_text(anonymous_client: FlaskClient, session: Session, job_queue: Redis) -> None:
    account = an_account(session)
    account.last_synced_at = datetime.now(UTC) - timedelta(seconds=90)
    session.commit()
    start_processes(job_queue)
    answer = anonymous_client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["channeldesk_health", "database", ""] == 1
    assert samples["channeldesk_queue_jobs", "sync"] == 0
    assert 0 <= samples["channeldesk_queue_answer_age_seconds", "mails"] < 60
    assert 90 <= samples["channeldesk_data_age_seconds", account.name] < 150


def test_without_a_token_metrics_are_for_this_machine_only(anonymous_client: FlaskClient) -> None:
    for header in ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"]:
        assert anonymous_client.get("/metrics", headers={header: "for=203.0.113.7"}).status_code == 403, header
    assert anonymous_client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 403


def test_without_a_token_metrics_are_read_under_a_loopback_name(
    settings: Settings, anonymous_client: FlaskClient, job_queue: Redis
) -> None:
    for host in ("localhost:8480", "127.0.0.1", "[::1]:8480"):
        assert anonymous_client.get("/metrics", headers={"Host": host}).status_code == 200, host
    # A proxy on this machine that adds no header and keeps the host.
    app = create_app(Settings.load({}, data_dir=settings.data_dir, public_url="https://desk.example"))
    assert app.test_client().get("/metrics", headers={"Host": "desk.example"}).status_code == 403


def test_with_a_token_metrics_are_for_its_bearer(app: Flask, anonymous_client: FlaskClient, job_queue: Redis) -> None:
    app.config["CHANNELDESK"] = replace(app.config["CHANNELDESK"], metrics_token="correct horse")
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "correct horse"}):
        assert anonymous_client.get("/metrics", headers=given).status_code == 403
    answer = anonymous_client.get(
        "/metrics", headers={"Authorization": "Bearer correct horse"}, environ_base={"REMOTE_ADDR": "203.0.113.7"}
    )
    assert answer.status_code == 200


def test_orders_that_stay_missing_are_a_warning(
    anonymous_client: FlaskClient, session: Session, job_queue: Redis
) -> None:
    account = an_account(session)
    now = datetime.now(UTC)
    found_at = now - timedelta(hours=2)
    order_reads.request(session, account.id, [("303-1", account.stores[0].id, found_at)], "missing", found_at)
    session.commit()
    start_processes(job_queue)
    assert anonymous_client.get("/healthz").json["checks"]["completeness"] == "warn"
    session.execute(update(OrderRead).values(read_at=now))
    session.commit()
    assert anonymous_client.get("/healthz").json["checks"]["completeness"] == "ok"


def test_a_backfill_by_search_lengthens_the_interval_of_the_sync(session: Session) -> None:
    account = an_account(session)
    now = datetime.now(UTC)
    account.last_synced_at = now - timedelta(minutes=10)
    session.commit()
    assert data_age.list_all(session, now)[0].late
    backfill = backfills.start(session, account.id, 30, method=backfills.SEARCH, now=now, actor="test")
    assert not data_age.list_all(session, now)[0].late
    assert data_age.list_all(session, now + timedelta(minutes=12))[0].late
    backfill.state, backfill.ended_at = "done", now
    session.commit()
    # The sync that was delayed last is still to come.
    assert not data_age.list_all(session, now + timedelta(minutes=6))[0].late
    assert data_age.list_all(session, now + timedelta(minutes=8))[0].late
