"""Keeps the desk's processes alive: starts them, restarts what dies, ends them all.

One thread, and every child is a fork of this process, so that what was imported before is in memory once.
"""

import contextlib
import logging
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from webapp.core import processes

log = logging.getLogger(__name__)

# A child that lived this long was well; the next death is the first again.
WELL_AFTER = 20.0
LONGEST_WAIT = 15.0
STOP_WITHIN = 8.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


@dataclass(frozen=True)
class Service:
    """A child to keep alive. `last`: ended after the others, which still need it.

    `on_failed_start` is called when it ended by itself with an error, soon after its start and before the next one.
    """

    name: str
    run: Callable[[], None]
    last: bool = False
    on_failed_start: Callable[[], object] | None = None


@dataclass
class _Child:
    service: Service
    pid: int = 0
    started_at: float = 0.0
    deaths: int = 0
    start_at: float = 0.0


def _is_failed_start(code: int, lived: float) -> bool:
    """Whether the child gave up or crashed soon after its start. Killed from outside (SIGKILL, SIGTERM) is neither."""
    return lived <= WELL_AFTER and (code > 0 or -code in {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS})


class Supervisor:
    """`watch` starts a service and keeps it; `run` goes on until SIGTERM or SIGINT. Leaving the context ends all."""

    def __init__(self) -> None:
        self._children: dict[str, _Child] = {}
        self._stopping = False
        self._wake, self._write = os.pipe()
        for descriptor in (self._wake, self._write):
            os.set_blocking(descriptor, False)

    def __enter__(self) -> "Supervisor":
        for number in _SIGNALS:
            signal.signal(number, self._noted)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def watch(self, service: Service) -> int:
        """Start it now; answers the process id of this first start."""
        child = self._children[service.name] = _Child(service)
        self._start(child)
        return child.pid

    def run(self, services: Sequence[Service], is_ready: Callable[[], bool], when_ready: Callable[[], None]) -> None:
        """Start the services in this order, call `when_ready` once `is_ready` says so, and watch until told to stop."""
        for service in services:
            if not self._stopping:
                self.watch(service)
        waiting = True
        while not self._stopping:
            if waiting and is_ready():
                waiting = False
                when_ready()
            self._rest(0.05 if waiting else self._next_start())
            self._reap()
            self._restart()

    def pause(self, seconds: float) -> None:
        """Wait, but not when told to stop."""
        if not self._stopping:
            self._rest(seconds)

    def _noted(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._stopping = True

    def _rest(self, seconds: float | None) -> None:
        if select.select([self._wake], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)

    def _start(self, child: _Child) -> None:
        child.started_at = time.monotonic()
        child.pid = processes.fork(child.service.name, child.service.run)

    def _next_start(self) -> float | None:
        waiting = [child.start_at for child in self._children.values() if not child.pid]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def _restart(self) -> None:
        for child in self._children.values():
            if not child.pid and child.start_at <= time.monotonic() and not self._stopping:
                self._start(child)

    def _reap(self) -> None:
        """Also of processes that are not ours to watch: as process 1 of a container every orphan comes here."""
        by_pid = {child.pid: child for child in self._children.values() if child.pid}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                # None is left; whoever was waited for elsewhere has ended too.
                for child in by_pid.values():
                    if child.pid:
                        self._mourn(child, 0)
                return
            if pid == 0:
                return
            if pid in by_pid:
                self._mourn(by_pid[pid], os.waitstatus_to_exitcode(status))

    def _mourn(self, child: _Child, code: int) -> None:
        child.pid = 0
        now = time.monotonic()
        child.deaths = 1 if now - child.started_at > WELL_AFTER else child.deaths + 1
        # At once the first time, then ever slower.
        wait = 0.0 if child.deaths == 1 else min(2.0 ** (child.deaths - 2), LONGEST_WAIT)
        child.start_at = now + wait
        if not self._stopping and child.service.on_failed_start and _is_failed_start(code, now - child.started_at):
            child.service.on_failed_start()
        if not self._stopping:
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            log.warning("%s ended %s; it is started again in %g s", child.service.name, how, wait)

    def _stop(self) -> None:
        """Ask all to end, wait, then kill what has not. Jobs that were cut off are begun again at the next start."""
        self._stopping = True
        deadline = time.monotonic() + STOP_WITHIN
        for last in (False, True):
            group = [child for child in self._children.values() if child.service.last is last]
            self._signal(group, signal.SIGTERM)
            while any(child.pid for child in group):
                if time.monotonic() > deadline:
                    self._signal(group, signal.SIGKILL)
                self._rest(0.1)
                self._reap()

    @staticmethod
    def _signal(children: Sequence[_Child], number: signal.Signals) -> None:
        for child in children:
            if child.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, number)
