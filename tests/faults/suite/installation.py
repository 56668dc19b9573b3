"""The product under test: its processes, its data folder, its clock, and what its database holds."""

import contextlib
import mmap
import os
import shutil
import signal
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import Engine, NullPool, Select, create_engine, update
from sqlalchemy.orm import Session

from simulator.operations.world import World
from simulator.state.sellers import DEMO_EU
from tests.faults.disks import Disk
from tests.support import user_accounts
from tests.support.factories import all_participations
from tests.support.mailboxes import Mailbox, save_mail_server
from tests.support.postgres import Wheel
from tests.support.running_app import CHECKOUT, PROGRAM, RunningApp, descendants, is_alive, run_app, wait_until
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.redis_location import get_url
from webapp.core.settings import Settings
from webapp.models.users import WebSession
from webapp.runtime import migrate
from webapp.services.accounts import accounts

SYNC_INTERVAL = 5
# A fault is survived when the product works again within this many seconds.
RECOVERED_WITHIN = 240.0


class Installation:
    """`channeldesk up` on a data folder, connected to the simulator and a mail server.

    `disk`: the data folder is on it, so that it can lose its power and fill up. `server`: of the database, instead of
    SQLite.
    """

    def __init__(
        self, folder: Path, amazon_url: str, mailbox: Mailbox, *, disk: Disk | None = None, server: Wheel | None = None
    ) -> None:
        self.folder, self.disk, self.server = folder, disk, server
        database_url = server.url.render_as_string(hide_password=False) if server else ""
        self.settings = Settings.load({}, data_dir=(disk.path if disk else folder) / "data", database_url=database_url)
        self.amazon_url, self.mailbox = amazon_url, mailbox
        self.backups = folder / "backups"
        clock = folder / "clock"
        clock.write_bytes(struct.pack("q", 0))
        with clock.open("r+b") as file:
            self._clock = mmap.mmap(file.fileno(), 8)
        self.environ = {
            "CHANNELDESK_UNDO_SECONDS": "0",
            "CHANNELDESK_FEED_INTERVAL": "1",
            "FAULT_SUITE_CLOCK": str(clock),
            "PYTHONPATH": str(Path(__file__).parent / "shifted_clock"),
            **({"DATABASE_URL": database_url} if database_url else {}),
        }
        self._stack = ExitStack()
        self.running: RunningApp | None = None

    # --- processes

    def set_up(self) -> None:
        """Create the database, connect the seller and save the mail server."""
        app = create_app(self.settings)
        migrate.upgrade(app)
        fields = {name: str(value) for name, value in DEMO_EU.credentials(self.amazon_url).items()}
        del fields["marketplaces"]
        with app.app_context():
            with Session(db.engine) as session:
                about: dict[str, Any] = {"backfill_days": 40, "sync_interval": SYNC_INTERVAL, "actor": "test"}
                accounts.connect(
                    session, fields, DEMO_EU.countries, all_participations(), now=datetime.now(UTC), **about
                )
                save_mail_server(session, self.mailbox.port)
                session.commit()
            db.engine.dispose()

    def add_machine(self) -> "Installation":
        """Return another machine on the same database, with the same keys and clock and a data folder of its own."""
        folder = Path(tempfile.mkdtemp(prefix="machine-", dir=self.folder))
        machine = Installation(folder, self.amazon_url, self.mailbox, server=self.server)
        machine.environ |= {"FAULT_SUITE_CLOCK": self.environ["FAULT_SUITE_CLOCK"]}
        machine.settings.data_dir.mkdir(mode=0o700)
        shutil.copy(self.settings.data_dir / "keys", machine.settings.data_dir)
        return machine

    def start(self) -> None:
        self.running = self._stack.enter_context(run_app(self.settings.data_dir, environ=self.environ))

    def stop(self) -> None:
        self.running = None
        self._stack.close()

    def kill_all(self) -> None:
        """Kill every process at once."""
        assert self.running is not None
        supervisor = self.running.process
        # Stopped first, so that it starts none of the others again.
        os.kill(supervisor.pid, signal.SIGSTOP)
        machine = [supervisor.pid, *descendants(supervisor.pid)]
        for pid in machine:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        supervisor.wait(120)
        wait_until(lambda: not any(map(is_alive, machine)))
        self.stop()

    def run_command(self, *words: str) -> str:
        """Run a command of the product on this installation; return what it printed."""
        done = subprocess.run(
            [*PROGRAM, *words, "--data-dir", str(self.settings.data_dir)],
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **self.environ},
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"channeldesk {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def is_healthy(self) -> bool:
        return self.running is not None and self.running.health(timeout=10)[0] == 200

    def describe_health(self) -> str:
        if self.running is None:
            return "not running"
        status, body = self.running.health(timeout=10)
        return f"{status} {body.get('problems') or body}"

    def redis(self) -> Redis:
        return Redis.from_url(get_url(self.settings))

    # --- clock

    @property
    def shift(self) -> int:
        """Seconds by which its clock is ahead of the real one."""
        return int(struct.unpack("q", self._clock[:8])[0])

    @shift.setter
    def shift(self, seconds: int) -> None:
        self._clock[:8] = struct.pack("q", seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.shift)

    def pass_time(self, world: World, seconds: int) -> None:
        """Let time pass for the product and for Amazon."""
        with world.lock:
            world.clock.move(seconds)
        self.shift += seconds

    # --- database

    def read(self, statement: Select[Any]) -> Sequence[Any]:
        """Return the rows. Nothing of the database is open afterwards."""
        engine = self._engine()
        try:
            with Session(engine) as session:
                return session.execute(statement).all()
        finally:
            engine.dispose()

    def sign_in(self) -> str:
        """Return the cookie of a new session of the owner, which begins now by the clock of the product."""
        app = create_app(self.settings)
        client = user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER)
        with app.app_context():
            with Session(db.engine) as session:
                session.execute(update(WebSession).values(created_at=self.now(), seen_at=self.now()))
                session.commit()
            db.engine.dispose()
        cookie = client.get_cookie(app.session_interface.name)
        assert cookie is not None
        return cookie.value

    def _engine(self) -> Engine:
        return create_engine(self.settings.database, poolclass=NullPool)
