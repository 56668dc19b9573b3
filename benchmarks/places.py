"""Folders and databases of the benchmark: the large and the small installation, copies for peers, and results."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import URL, create_engine, make_url, text

from benchmarks import postgres
from webapp import create_app
from webapp.core.settings import Settings

SQLITE, POSTGRESQL = "sqlite", "postgresql"
# The PostgreSQL that the command which runs all parts has started for them.
RUNNING = "BENCHMARK_POSTGRESQL"


@dataclass(frozen=True)
class Place:
    """`server`: any database of a PostgreSQL, None where all is SQLite; `name`: that of the desk's own there."""

    folder: Path
    server: URL | None = None
    name: str = "channeldesk"

    @property
    def kind(self) -> str:
        return POSTGRESQL if self.server else SQLITE

    @property
    def desk(self) -> Settings:
        return Settings.load({}, data_dir=self.folder, database_url=self._url())

    @property
    def small(self) -> Settings:
        """The installation with few orders."""
        return Settings.load({}, data_dir=self.folder / "small", database_url=self._url("_small"))

    def peer_database(self, name: str) -> str:
        """Return a database for a peer: the path of a SQLite file, or a URL for psycopg."""
        if self.server is None:
            (self.folder / "peers").mkdir(parents=True, exist_ok=True)
            return str(self.folder / "peers" / f"{name}.db")
        return self._url(f"_{name}").replace("+psycopg", "")

    @contextmanager
    def fresh(self, name: str, like: Settings | None = None) -> Iterator[Settings]:
        """Create a temporary installation in the same kind of database: empty, or in PostgreSQL a copy of `like`."""
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=f"{name}-") as folder:
            url = self._url(f"_{name}_{os.getpid()}", like)
            yield Settings.load({}, data_dir=Path(folder), database_url=url)
            if url:
                self._run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    @property
    def results(self) -> Path:
        return self.folder / "results" / self.kind

    def _url(self, suffix: str = "", like: Settings | None = None) -> str:
        """Return the URL of our database or one with a suffix, created if missing; "" for SQLite."""
        if self.server is None:
            return ""
        database = self.name + suffix
        there = f"SELECT 1 FROM pg_database WHERE datname = '{database}'"
        template = f" TEMPLATE {make_url(like.database).database}" if like else ""
        self._run(f"CREATE DATABASE {database}{template}", unless=there)
        return self.server.set(database=database).render_as_string(hide_password=False)

    def _run(self, statement: str, unless: str = "") -> None:
        assert self.server is not None
        engine = create_engine(self.server.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if not unless or connection.scalar(text(unless)) is None:
                connection.execute(text(statement))
        engine.dispose()


@contextmanager
def opened(folder: Path, database: str) -> Iterator[Place]:
    """Open `database`: sqlite, postgresql (started, with its data in the folder), or the URL of a PostgreSQL."""
    folder.mkdir(parents=True, exist_ok=True)
    running = os.environ.get(RUNNING, "")
    if database == SQLITE:
        yield Place(folder)
    elif database == POSTGRESQL and running:
        yield Place(folder, make_url(running))
    elif database == POSTGRESQL:
        with postgres.server(folder) as started:
            yield Place(folder, make_url(started))
    else:
        url = make_url(database).set(drivername="postgresql+psycopg")
        yield Place(folder, url, url.database or "channeldesk")


def app_of(settings: Settings) -> Flask:
    return create_app(settings)


def plain_url(settings: Settings) -> str:
    """Return our database for plain SQL: the path of a SQLite file, or a URL for psycopg."""
    if settings.database_url.startswith("postgresql"):
        return settings.database_url.replace("+psycopg", "")
    return str(settings.data_dir / "channeldesk.db")


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of our processes, without a queue."""
    variables = {"CHANNELDESK_DATA_DIR": str(settings.data_dir), "REDIS_URL": "redis://127.0.0.1:1"}
    if settings.database_url.startswith("postgresql"):
        variables["DATABASE_URL"] = settings.database_url
    return variables
