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

from webapp.core import heartbeats, processes
from webapp.core.heartbeats import HeartbeatTable

log = logging.getLogger(__name__)

# A child that ran this long resets its count of failures.
WELL_AFTER = 20.0
LONGEST_WAIT = 15.0
STOP_WITHIN = 8.0
# Seconds between two looks at the heartbeats. After a pause of the supervisor itself (a suspended machine), the other
# processes were suspended too, and get the time to beat again.
LOOK_EVERY = 2.0
SUSPENDED_AFTER = 3 * LOOK_EVERY
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


@dataclass(frozen=True)
class Service:
    """A child to keep running. `last`: stopped after the others, which need it.

    `on_failed_start` is called before the next start if it ended by itself with an error, soon after its start.
    `heartbeat`: the seconds after which it is killed if it has not called `heartbeats.beat`; None: it has no heartbeat.
    `responds` asks it, within a second or two, whether it does its work, and it is killed if that was false for
    `respond_within` seconds. For what a heartbeat does not show, and for programs that have none.
    """

    name: str
    run: Callable[[], None]
    last: bool = False
    on_failed_start: Callable[[], object] | None = None
    heartbeat: float | None = None
    responds: Callable[[], bool] | None = None
    respond_within: float = 15.0


@dataclass
class _Child:
    service: Service
    pid: int = 0
    started_at: float = 0.0
    deaths: int = 0
    start_at: float = 0.0
    slot: int | None = None
    responded_at: float = 0.0


def _is_failed_start(code: int, lived: float) -> bool:
    """Return whether the child failed or crashed soon after its start. SIGKILL and SIGTERM come from outside."""
    return lived <= WELL_AFTER and (code > 0 or -code in {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS})


class Supervisor:
    """`watch` starts a service and restarts it; `run` returns after SIGTERM or SIGINT. Leaving it stops all."""

    def __init__(self) -> None:
        self._children: dict[str, _Child] = {}
        self._stopping = False
        self._heartbeats = HeartbeatTable()
        self._own_slot = self._heartbeats.add("supervisor")
        self._looked_at = time.monotonic()
        self._ask_at = 0.0
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
        if service.heartbeat is not None:
            child.slot = self._heartbeats.add(service.name)
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
            self._wait(0.05 if waiting else min(self._next_start(), LOOK_EVERY))
            self._reap()
            self._kill_silent()
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
        self._restart_limits(child)

        def run() -> None:
            heartbeats.bind(self._heartbeats, child.slot)
            child.service.run()

        child.pid = processes.fork(child.service.name, run)

    def _next_start(self) -> float:
        waiting = [child.start_at for child in self._children.values() if not child.pid]
        return max(0.0, min(waiting, default=float("inf")) - time.monotonic())

    def _kill_silent(self) -> None:
        """Kill the children that missed their heartbeat or do not respond; they are restarted like dead ones."""
        now = time.monotonic()
        self._heartbeats.beat(self._own_slot)
        was_suspended = now - self._looked_at > SUSPENDED_AFTER
        self._looked_at = now
        is_time_to_ask = now >= self._ask_at
        for child in self._children.values():
            if not child.pid:
                continue
            if is_time_to_ask and child.service.responds is not None and child.service.responds():
                child.responded_at = time.monotonic()
            if was_suspended:
                self._restart_limits(child)
            elif problem := self._find_problem(child):
                log.error("%s %s and is replaced", child.service.name, problem)
                if child.slot is not None:
                    self._heartbeats.mark_replaced(child.slot)
                # It is killed once, and the next one gets the whole time.
                self._restart_limits(child)
                self._signal([child], signal.SIGKILL)
        if is_time_to_ask:
            self._ask_at = time.monotonic() + LOOK_EVERY

    def _restart_limits(self, child: _Child) -> None:
        child.responded_at = time.monotonic()
        if child.slot is not None:
            self._heartbeats.beat(child.slot)

    def _find_problem(self, child: _Child) -> str:
        service = child.service
        limit = service.heartbeat
        if limit is not None and child.slot is not None and self._heartbeats.age(child.slot) > limit:
            return f"missed its heartbeat for {limit:g} s"
        if service.responds is not None and time.monotonic() - child.responded_at > service.respond_within:
            return f"has not responded for {service.respond_within:g} s"
        return ""

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
