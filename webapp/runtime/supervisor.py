"""Supervisor of the processes of Channeldesk: starts them, restarts those that end, stops them all.

It has one thread, and every child is forked from it, so that imported modules share their memory.
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

# A child that ran this long resets its count of failures.
WELL_AFTER = 20.0
LONGEST_WAIT = 15.0
STOP_WITHIN = 8.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


@dataclass(frozen=True)
class Service:
    """A child to keep running. `last`: stopped after the others, which need it.

    `on_failed_start` is called before the next start if it ended by itself with an error, soon after its start.
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
    """Return whether the child failed or crashed soon after its start. SIGKILL and SIGTERM come from outside."""
    return lived <= WELL_AFTER and (code > 0 or -code in {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS})


class Supervisor:
    """`watch` starts a service and restarts it; `run` returns after SIGTERM or SIGINT. Leaving it stops all."""

    def __init__(self) -> None:
        self._children: dict[str, _Child] = {}
        self._stopping = False
        self._wake, self._write = os.pipe()
        for descriptor in (self._wake, self._write):
            os.set_blocking(descriptor, False)

    def __enter__(self) -> "Supervisor":
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
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
        """Start a service; return its process id."""
        child = self._children[service.name] = _Child(service)
        self._start(child)
        return child.pid

    def run(self, services: Sequence[Service], is_ready: Callable[[], bool], when_ready: Callable[[], None]) -> None:
        """Start the services in order, call `when_ready` once `is_ready` returns true, and watch them until stopped."""
        for service in services:
            if not self._stopping:
                self.watch(service)
        waiting = True
        while not self._stopping:
            if waiting and is_ready():
                waiting = False
                when_ready()
            self._wait(0.05 if waiting else self._next_start())
            self._reap()
            self._restart()

    def pause(self, seconds: float) -> None:
        """Wait, but not while stopping."""
        if not self._stopping:
            self._wait(seconds)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._stopping = True

    def _wait(self, seconds: float | None) -> None:
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
        """Collect ended children, including orphans, which process 1 of a container inherits."""
        by_pid = {child.pid: child for child in self._children.values() if child.pid}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                # There are no children; those waited for elsewhere have ended too.
                for child in by_pid.values():
                    if child.pid:
                        self._handle_exit(child, 0)
                return
            if pid == 0:
                return
            if pid in by_pid:
                self._handle_exit(by_pid[pid], os.waitstatus_to_exitcode(status))

    def _handle_exit(self, child: _Child, code: int) -> None:
        child.pid = 0
        now = time.monotonic()
        child.deaths = 1 if now - child.started_at > WELL_AFTER else child.deaths + 1
        # Restart immediately the first time, then with increasing delays.
        wait = 0.0 if child.deaths == 1 else min(2.0 ** (child.deaths - 2), LONGEST_WAIT)
        child.start_at = now + wait
        if not self._stopping and child.service.on_failed_start and _is_failed_start(code, now - child.started_at):
            child.service.on_failed_start()
        if not self._stopping:
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            log.warning("%s ended %s; restarting in %g s", child.service.name, how, wait)

    def _stop(self) -> None:
        """Terminate all, wait, then kill the rest. Interrupted jobs are started again at the next start."""
        self._stopping = True
        deadline = time.monotonic() + STOP_WITHIN
        for last in (False, True):
            group = [child for child in self._children.values() if child.service.last is last]
            self._signal(group, signal.SIGTERM)
            while any(child.pid for child in group):
                if time.monotonic() > deadline:
                    self._signal(group, signal.SIGKILL)
                self._wait(0.1)
                self._reap()

    @staticmethod
    def _signal(children: Sequence[_Child], number: signal.Signals) -> None:
        for child in children:
            if child.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, number)
