"""Fixtures for all tests. Each test has its own data folder, database and application."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as search
from redis import Redis
from sqlalchemy import delete
from sqlalchemy.orm import Session

from simulator.operations.world import World
from simulator.state.sellers import DEMO_EU, Seller
from tests.support import user_accounts
from tests.support.account_harness import AccountHarness, refill_rate_limits
from tests.support.factories import all_participations
from tests.support.postgres import BOTH_DATABASES, Server, Unavailable, postgres_server
from tests.support.shared_setup import create_sqlite_template, share_compiled_code
from tests.support.simulator_server import AmazonServer
from tests.support.valkey import valkey_server
from webapp import create_app
from webapp.amazon.gateway import Amazon
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.models.accounts import Account
from webapp.models.key_check import KeyCheck
from webapp.runtime import migrate
from webapp.services.accounts import accounts

# Two runs of one commit try the same examples, so a failure comes from the change; `make explore` tries new ones.
search.register_profile("repeatable", derandomize=True, database=None, max_examples=200, deadline=None)
search.register_profile("exploring", print_blob=True, max_examples=5000, deadline=None)
search.load_profile("repeatable")

share_compiled_code()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", default="sqlite", help="the database of tests that do not run on both: postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both_databases") and "database_url" in metafunc.fixturenames:
        metafunc.parametrize("database_url", BOTH_DATABASES, indirect=True)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings.load({}, data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """SQLite in the test's data folder. A test marked `both_databases` runs a second time on PostgreSQL."""
    database = getattr(request, "param", request.config.getoption("--database"))
    if database == "sqlite" or request.node.get_closest_marker("only_sqlite"):
        yield ""
        return
    server = request.getfixturevalue("postgres")
    with server.database(request.getfixturevalue("migrated")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for the whole run."""
    try:
        with postgres_server() as server:
            yield server
    except Unavailable as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


@pytest.fixture(scope="session")
def migrated(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a PostgreSQL database at the newest revision, to copy from."""
    url = postgres.template("migrated")
    app = create_app(Settings.load({}, data_dir=tmp_path_factory.mktemp("migrated"), database_url=url))
    migrate.upgrade(app)
    # Each test has its own keys.
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(delete(KeyCheck))
        db.engine.dispose()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables and no rows, to copy from."""
    path = tmp_path_factory.mktemp("template") / "channeldesk.db"
    create_sqlite_template(path)
    return path


@pytest.fixture
def app(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Flask]:
    app = create_app(settings)
    app.config.update(TESTING=True)
    app.extensions["channeldesk_health"].lifetime = 0
    app.test_client_class = user_accounts.IsolatedClient
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            shutil.copy(request.getfixturevalue("sqlite_template"), db.engine.url.database)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with Session(db.engine) as session:
        yield session


@pytest.fixture
def owner_client(app: Flask) -> FlaskClient:
    return user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER)


@pytest.fixture
def viewer_client(app: Flask) -> FlaskClient:
    """A user who may read everything but personal data, and change nothing."""
    return user_accounts.sign_in(app.test_client(), user_accounts.VIEWER_USER)


@pytest.fixture
def anonymous_client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def amazon_server() -> Iterator[AmazonServer]:
    with AmazonServer(World("empty", update_delay=0, feed_seconds=0, report_seconds=0)) as server:
        yield server


@pytest.fixture
def amazon(amazon_server: AmazonServer) -> AmazonServer:
    """The simulator with its sellers and no orders, without delays; a feed is done at the first look."""
    amazon_server.world.reset("empty")
    return amazon_server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Valkey server for the whole run."""
    with valkey_server() as url:
        yield url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """An empty Valkey."""
    client = Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def job_queue(app: Flask, redis: Redis) -> Redis:
    """The queue on which the application enqueues jobs."""
    app.extensions["channeldesk_redis"] = redis
    return redis


@pytest.fixture
def demo_seller() -> Seller:
    """The seller of `demo_account`. A module with another one defines its own."""
    return DEMO_EU


@pytest.fixture
def demo_account(session: Session, amazon: AmazonServer, demo_seller: Seller) -> Account:
    """An account the simulator knows. Many folders define their own `account`, which it does not know."""
    credentials = demo_seller.credentials(amazon.url)
    fields = {name: str(value) for name, value in credentials.items() if name != "marketplaces"}
    now = datetime.now(UTC)
    return accounts.connect(
        session, fields, demo_seller.countries, all_participations(), backfill_days=40, now=now, actor="test"
    )


@pytest.fixture
def harness(session: Session, amazon: AmazonServer, demo_account: Account, redis: Redis) -> Iterator[AccountHarness]:
    waited = 0.0

    def wait(seconds: float) -> None:
        """Move the client's clock and refill its rate limits instead of sleeping."""
        nonlocal waited
        waited += seconds
        refill_rate_limits(redis, seconds)

    def clock() -> float:
        return time.monotonic() + waited

    with Amazon(
        accounts.get_credentials(demo_account), redis, max_wait=5, read_timeout=20, wait=wait, clock=clock
    ) as client:
        yield AccountHarness(session, client, demo_account, amazon.world, redis)
