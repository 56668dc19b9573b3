"""Start Channeldesk: data folder, lock, port, embedded Valkey, application, database, then the processes."""

import importlib
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from flask import Flask

from webapp.core import processes, redis_location
from webapp.core.errors import CannotRunError
from webapp.core.secret_keys import load_or_make
from webapp.core.settings import Settings
from webapp.domain.health import OK
from webapp.runtime import (
    data_dir,
    embedded_valkey,
    gc_tuning,
    log_config,
)
from webapp.runtime.file_lock import create_run_lock
from webapp.runtime.supervisor import Service, Supervisor

log = logging.getLogger(__name__)

# Seconds without a heartbeat after which a process is replaced. The scheduler may wait ten seconds for the write lock
# of the database, and a worker as long for Redis: twice as long is certainly frozen.
SCHEDULER_HEARTBEAT = 20.0
WORKER_HEARTBEAT = 20.0
WEB_HEARTBEAT = 20.0
MONITOR_HEARTBEAT = 20.0
# Seconds without a response. Valkey may wait for a slow disk, and all threads of the web server for a lock of the
# database or for exports.
STORE_RESPONDS_WITHIN = 15.0
WEB_RESPONDS_WITHIN = 40.0
WORKERS_START_WITHIN = 30.0


def up(
    settings: Settings,
    welcome: Callable[[Flask], list[str]],
    *,
    prepare: Callable[[Flask], None] | None = None,
    more: Sequence[Service] = (),
) -> None:
    """Run until SIGTERM or SIGINT. `welcome` returns the lines to print once the server responds; it runs in a child.

    `more`: services of the caller, started first; `prepare` then runs in a child, when the database is upgraded.
    Raises CannotRunError, and SettingError for missing keys; what refuses (lock, keys, port, Redis) is asked before
    anything is changed.
    """
    os.umask(0o077)
    log_config.configure(settings.log_level)
    data_dir.prepare(settings.data_dir)
    with ExitStack() as stack:
        lock = stack.enter_context(create_run_lock(settings.data_dir))
        if not lock.try_acquire():
            raise CannotRunError(
                f"A desk is running on {settings.data_dir} already. Open it, end it, or name another folder with "
                "--data-dir."
            )
        # Imported late: the checks above do not need the web server.
        from webapp.runtime import web_server

        listener = stack.enter_context(web_server.listen(settings))
        load_or_make(settings)
        settings = replace(settings, port=listener.getsockname()[1])
        lock.write_note(settings.address)
        supervisor = stack.enter_context(Supervisor())
        own_store = not settings.redis_url
        if own_store:
            settings = replace(settings, redis_url=_start_store(settings, supervisor, stack))
        else:
            embedded_valkey.check(settings.redis_url)
        for service in more:
            supervisor.watch(service)
        app = _create_application(settings)
        if prepare is not None:
            processes.call("prepare", lambda: prepare(app))
        supervisor.run(
            _list_services(app, listener, only_one=own_store),
            _Readiness(settings),
            lambda: _print_greeting(app, welcome),
        )
        log.info("Channeldesk is stopping.")


def _start_store(settings: Settings, supervisor: Supervisor, stack: ExitStack) -> str:
    lock = stack.enter_context(embedded_valkey.create_lock(settings.data_dir))
    patience = 100
    while not lock.try_acquire():
        patience -= 1
        if supervisor.stopping or not patience:
            raise CannotRunError(
                f"Another channeldesk command is at work on {settings.data_dir}. Start the desk when it has ended."
            )
        supervisor.pause(0.1)
    embedded_valkey.end_leftover(settings.data_dir)
    service = Service(
        "valkey",
        lambda: embedded_valkey.run(settings.data_dir),
        last=True,
        on_failed_start=lambda: _set_store_aside(settings),
        responds=lambda: embedded_valkey.responds(settings.data_dir),
        respond_within=STORE_RESPONDS_WITHIN,
    )
    if not embedded_valkey.wait_until_ready(settings.data_dir, supervisor.watch(service)):
        embedded_valkey.wait_until_ready(settings.data_dir, supervisor.watch(service), is_second=True)
    return redis_location.get_url(settings)


def _set_store_aside(settings: Settings) -> None:
    try:
        embedded_valkey.rename_damaged_files(settings.data_dir)
    except CannotRunError as problem:
        # The supervisor keeps restarting it, and /healthz reports that Redis does not respond.
        log.error("%s", problem)  # noqa: TRY400 - the line says it all


def _create_application(settings: Settings) -> Flask:
    """Create the application before the children are forked, so that they share its memory. It has no connections."""
    from sqlalchemy.orm import configure_mappers

    from webapp import create_app
    from webapp.core import queue
    from webapp.runtime import migrate

    app = create_app(settings)
    processes.call("upgrade", lambda: migrate.upgrade(app))
    processes.call("check-age", lambda: migrate.check_age(app))
    for path in (
        "jobs.worker",
        "jobs.scheduler",
        "webapp.runtime.monitor",
        *(kind.path.rpartition(".")[0] for kind in queue.CATALOGUE),
    ):
        importlib.import_module(path)
    configure_mappers()
    gc_tuning.freeze()
    return app


def _list_services(app: Flask, listener: socket.socket, *, only_one: bool) -> list[Service]:
    from webapp.core import queue
    from webapp.runtime import monitor, web_server

    settings: Settings = app.config["CHANNELDESK"]

    def worker(name: str) -> Service:
        return Service(f"worker-{name}", lambda: work(app, name, only_one=only_one), heartbeat=WORKER_HEARTBEAT)

    return [
        Service("scheduler", lambda: schedule(app), heartbeat=SCHEDULER_HEARTBEAT),
        Service(
            "web",
            lambda: web_server.run(app, listener, max_growth=web_server.MAX_GROWTH),
            heartbeat=WEB_HEARTBEAT,
            # The event loop sends the heartbeat, and a thread responds; a static file needs neither database nor Redis.
            responds=lambda: web_server.fetch(settings, "/static/favicon.svg") is not None,
            respond_within=WEB_RESPONDS_WITHIN,
        ),
        Service("monitor", lambda: monitor.run(app), heartbeat=MONITOR_HEARTBEAT),
        *(worker(name) for name in queue.QUEUES),
    ]


def work(app: Flask, name: str, *, only_one: bool) -> None:
    """Run the worker of one queue."""
    importlib.import_module("jobs.worker").run(app, name, only_one=only_one)


def schedule(app: Flask) -> None:
    """Run the scheduler."""
    importlib.import_module("jobs.scheduler").run(app)


class _Readiness:
    """Whether pages can be opened and jobs are run. Other checks may fail for reasons that users must see.

    A worker that does not start does not keep the address from being printed for longer than WORKERS_START_WITHIN.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._patient_until = time.monotonic() + WORKERS_START_WITHIN

    def __call__(self) -> bool:
        checks = self._fetch_checks()
        needed: tuple[str, ...] = ("database", "redis", "scheduler")
        if time.monotonic() < self._patient_until:
            needed = (*needed, "queues")
        return all(checks.get(name) == OK for name in needed)

    def _fetch_checks(self) -> dict[str, str]:
        from webapp.runtime import web_server

        content = web_server.fetch(self._settings, "/healthz")
        try:
            checks: dict[str, str] = json.loads(content or b"{}")["checks"]
        except (ValueError, KeyError):
            return {}
        return checks


def _print_greeting(app: Flask, welcome: Callable[[Flask], list[str]]) -> None:
    try:
        lines = processes.call("welcome", lambda: welcome(app))
    except CannotRunError as problem:
        lines = [str(problem)]
    for line in lines:
        print(line, flush=True)  # noqa: T201 - this is for the person at the terminal, not for the log
