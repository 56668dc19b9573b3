"""The monitor: makes the checks every few seconds and delivers alarms.

It runs in a process of its own and needs neither Redis nor workers. Its state is a file of the data folder, since the
database may be what fails.
"""

import json
import logging
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.encryption import DecryptionError, field_cipher
from webapp.db.engine import read_only
from webapp.domain import alarms
from webapp.domain.alarms import AlarmState
from webapp.domain.health import FAIL, PROBLEM_LEVELS, UNKNOWN, Check, worst
from webapp.health import channels as delivery
from webapp.health import checks
from webapp.health.channels import Channels
from webapp.messages import text_for

log = logging.getLogger(__name__)

FILE = "alarms.json"
# Seconds between two rounds, and between two requests to the dead man's switch.
INTERVAL = 5.0
PING_INTERVAL = 60.0
# Work that waited while Channeldesk was stopped is done in the first seconds after its start.
START_GRACE = 60.0
OVERDUE_CHECKS = frozenset({"sync", "submissions", "mails", "jobs", "backlog"})
# A database server that accepts connections and does not answer.
CHECKS_WITHIN = 30.0


def read_state(data_dir: Path) -> AlarmState:
    """Read the alarms; none when there is no file or it is damaged."""
    return _read(data_dir)[0]


def _read(data_dir: Path) -> tuple[AlarmState, bytes]:
    try:
        data: dict[str, Any] = json.loads((data_dir / FILE).read_text())
        return AlarmState.from_json(data["state"]), bytes.fromhex(data["channels"])
    except FileNotFoundError:
        return AlarmState(), b""
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be read and is written anew: %s", FILE, error)
        return AlarmState(), b""


class Monitor:
    """Rounds of checks and deliveries. Needs an application context. `started_at`: when the process began."""

    def __init__(self, app: Flask, started_at: datetime) -> None:
        self._app = app
        self._settings: Settings = app.config["CHANNELDESK"]
        self._started_at = started_at
        self._asleep = _count_asleep()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checks")
        self._running: Future[list[Check]] | None = None
        self.state, stored = _read(self._settings.data_dir)
        self._channels = _decrypt(stored)
        self._deliveries = delivery.TimedDeliveries()
        self._pinged_at = float("-inf")
        self._written = b""

    def run_round(self, now: datetime) -> list[Check]:
        """Make the checks, update the alarms and deliver what is due; return the results."""
        if _count_asleep() - self._asleep > START_GRACE:
            # The machine was suspended, so work is overdue as after a start.
            self._started_at = now
        self._asleep = _count_asleep()
        results = self._check(now)
        self._load_channels(results)
        texts = {check.key: text_for(check.cause, dict(check.arguments)) for check in results if check.is_problem}
        is_starting = abs((now - self._started_at).total_seconds()) < START_GRACE
        not_yet = OVERDUE_CHECKS if is_starting else frozenset()
        names = self._channels.names
        alarms.update(self.state, results, texts, names, self._channels.quiet, now, not_yet)
        self._save()
        for message in alarms.due_messages(self.state, names, now):
            error = self._deliveries.run(message.channel, partial(delivery.deliver, self._channels, message))
            if error:
                log.warning("An alarm was not delivered by %s: %s", message.channel.partition(":")[0], error)
            alarms.record_delivery(self.state, message, error, datetime.now(UTC))
            # After each, so that a restart does not deliver it again.
            self._save()
        self._ping(results, now)
        return results

    def _check(self, now: datetime) -> list[Check]:
        if self._running is None:
            self._running = self._pool.submit(self._run_checks, now)
        try:
            results = self._running.result(CHECKS_WITHIN)
        except FutureTimeoutError:
            names = [probe.name for probe in checks.PROBES if probe.name != "database"]
            silent = Check("database", FAIL, "health_database_unreachable")
            return [silent, *(Check(name, UNKNOWN) for name in names)]
        self._running = None
        return results

    def _run_checks(self, now: datetime) -> list[Check]:
        with self._app.app_context():
            return checks.run_all(self._app, now)

    def _load_channels(self, results: list[Check]) -> None:
        """Load the channels. While the database or the keys fail, those that were loaded last are used."""
        if any(check.name in {"database", "keys"} and check.level in PROBLEM_LEVELS for check in results):
            return
        try:
            with read_only(), Session(db.engine) as session:
                self._channels = delivery.load(session, self._settings.address)
        except (DBAPIError, DecryptionError) as error:
            log.warning("The settings of alarms could not be loaded: %s", type(error).__name__)

    def _save(self) -> None:
        """Write the state if it changed. On a full disk it stays in memory, and is written when there is room."""
        content = json.dumps({"state": self.state.to_json(), "channels": _encrypt(self._channels).hex()}).encode()
        comparable = json.dumps([self.state.to_json(), self._channels.to_json()]).encode()
        if comparable == self._written:
            return
        path = self._settings.data_dir / FILE
        temporary = path.with_suffix(".tmp")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            log.warning("%s cannot be written: %s", FILE, error.strerror)
            return
        self._written = comparable

    def _ping(self, results: list[Check], now: datetime) -> None:
        at = now.timestamp()
        if not self._channels.ping_url or 0 <= at - self._pinged_at < PING_INTERVAL:
            return
        self._pinged_at = at
        ping = partial(delivery.ping, self._channels.ping_url, worst(results) == FAIL)
        if error := self._deliveries.run("ping", ping):
            log.warning("The dead man's switch did not take the request: %s", error)


def _count_asleep() -> float:
    """Return by how many seconds the time of day is ahead of the clock that stands still while a machine is suspended.

    Only differences mean something. A clock that is set forward counts as well.
    """
    return time.time() - time.monotonic()


def _encrypt(channels: Channels) -> bytes:
    return field_cipher.encrypt_bytes(json.dumps(channels.to_json()).encode())


def _decrypt(stored: bytes) -> Channels:
    if not stored:
        return Channels()
    try:
        return Channels.from_json(json.loads(field_cipher.decrypt_bytes(stored)))
    except (DecryptionError, ValueError, KeyError, TypeError) as error:
        log.warning("The stored settings of alarms cannot be read: %s", type(error).__name__)
        return Channels()
