"""`channeldesk status`."""

import json
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner
from redis import Redis
from sqlalchemy.orm import Session

from tests.support.factories import an_account
from webapp.cli import channeldesk
from webapp.core import queue
from webapp.core.settings import Settings


def test_status_prints_every_check_and_fails_when_one_does(
    session: Session, settings: Settings, redis_url: str, redis: Redis, monkeypatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    account = an_account(session)
    account.error_code = "bad_credentials"
    name, account_id = account.name, account.id
    session.commit()
    queue.record_scheduler_heartbeat(redis, datetime.now(UTC))
    for queue_name in queue.QUEUES:
        queue.record_answer(redis, queue_name)

    done = CliRunner().invoke(channeldesk, ["status", "--json", "--data-dir", str(settings.data_dir)])

    assert done.exit_code == 1
    levels = {(row["check"], row["subject"]): row["level"] for row in json.loads(done.output)}
    assert levels["credentials", str(account_id)] == "fail"
    assert levels["queues", ""] == levels["database", ""] == "ok"
    lines = CliRunner().invoke(channeldesk, ["status", "--data-dir", str(settings.data_dir)]).output
    assert f"Amazon refuses the credentials of the account {name}." in lines


def test_status_creates_nothing_in_an_empty_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(channeldesk, ["status", "--data-dir", str(tmp_path / "empty")])
    assert done.exit_code == 1
    assert not (tmp_path / "empty").exists()
