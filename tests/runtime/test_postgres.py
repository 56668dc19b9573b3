"""The whole desk on PostgreSQL: from an empty database, through its crash, and two machines that start at once."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.support.postgres import Unavailable, wheel_server
from tests.support.running_app import is_alive, run_app, wait_until
from webapp import create_app
from webapp.core.settings import Settings
from webapp.runtime import migrate

pytestmark = pytest.mark.postgresql


@pytest.fixture
def wheel():
    """A server of the test's own, that it may kill."""
    try:
        with wheel_server() as server:
            yield server
    except Unavailable as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


@pytest.mark.processes
def test_channeldesk_starts_on_an_empty_postgresql_and_survives_its_crash(wheel, tmp_path):
    url = wheel.url.render_as_string(hide_password=False)
    with run_app(tmp_path / "data", environ={"DATABASE_URL": url}) as running_app:
        wait_until(running_app.is_healthy)
        before = running_app.pids()

        wheel.stop(signal.SIGQUIT)
        wait_until(lambda: running_app.health()[0] == 503)
        assert running_app.health()[1]["database"] is False
        wheel.start()
        wait_until(running_app.is_healthy)

        ticked = ticks(wheel)
        wait_until(lambda: ticks(wheel) > ticked)
        assert all(is_alive(pid) for pid in running_app.pids().values())
        assert running_app.pids().keys() == before.keys()
    assert not (tmp_path / "data" / "channeldesk.db").exists()


def ticks(wheel):
    """When the last recurring job ended, by the scheduler, a worker and the database together."""
    with create_engine(wheel.url, poolclass=NullPool).connect() as connection:
        return connection.execute(text("SELECT coalesce(max(finished_at), 'epoch') FROM recurring_jobs")).scalar_one()


def test_two_machines_that_start_at_once_upgrade_once(postgres, tmp_path):
    with postgres.database() as url:
        # Python 3.11 cannot compile routes in two threads at once; two machines would not.
        apps = [create_app(Settings.load({}, data_dir=tmp_path / str(n), database_url=url)) for n in range(2)]
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(migrate.upgrade, apps)) == [False, True]
        current, newest = migrate.revision(apps[0])
        assert current == newest
