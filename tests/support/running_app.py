"""A whole desk for a test: real processes on a folder and a port of its own."""

import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import webapp

# Generous: they only expire when the event never comes, also on a machine that is busy with other work.
READY_WITHIN = 180.0
CHECKOUT = Path(webapp.__file__).parents[1]
PROGRAM = (sys.executable, "-m", "webapp")
T = TypeVar("T")


def wait_until(look: Callable[[], T], within: float = 120.0) -> T:
    """The first true answer of `look`; fails when there is none in time."""
    deadline = time.monotonic() + within
    while not (answer := look()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
    return answer


class RunningApp:
    """A running `channeldesk up`."""

    def __init__(self, process: subprocess.Popen[bytes], data_dir: Path, log: Path) -> None:
        self.process, self.data_dir, self.log = process, data_dir, log
        ready = wait_until(self._ready_line, READY_WITHIN)
        assert ready is not None
        self.port = int(ready[1])

    def _ready_line(self) -> re.Match[str] | None:
        assert self.process.poll() is None, self.log.read_text()
        return re.search(r"ready: http://127\.0\.0\.1:(\d+)\n", self.log.read_text())

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /healthz; status 0 while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    def is_well(self) -> bool:
        status, said = self.health()
        return status == 200 and said["scheduler_tick_age"] < 3

    def pids(self) -> dict[str, int]:
        """The supervisor's own children by name."""
        return {name: pid for pid, name in descendants(self.process.pid).items() if parent(pid) == self.process.pid}


def descendants(root: int) -> dict[int, str]:
    """Every living descendant of `root`: process id to name."""
    found: dict[int, str] = {}
    parents = {pid: parent(pid) for pid in map(int, filter(str.isdigit, (p.name for p in Path("/proc").iterdir())))}
    waiting = [root]
    while waiting:
        above = waiting.pop()
        for pid in [pid for pid, its in parents.items() if its == above]:
            if is_alive(pid):
                found[pid] = Path(f"/proc/{pid}/comm").read_text().strip()
            waiting.append(pid)
    return found


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return -1


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def run_app(
    data_dir: Path,
    command: str = "up",
    environ: dict[str, str] | None = None,
    *,
    program: Sequence[str] = PROGRAM,
    cwd: Path = CHECKOUT,
) -> Iterator[RunningApp]:
    """A desk that answers; ended with the test, however the test ends."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    log = data_dir.with_name("desk.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*program, command, "--port", "0", "--data-dir", str(data_dir)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "HOME": str(data_dir.parent), **(environ or {})},
            cwd=cwd,
        )
    try:
        yield RunningApp(process, data_dir, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(120)


def run_refused_command(*words: str, environ: dict[str, str] | None = None, home: Path) -> tuple[int, str]:
    """(exit code, what it said) of a command that does not start."""
    done = subprocess.run(
        [*PROGRAM, *words],
        capture_output=True,
        text=True,
        timeout=180,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), **(environ or {})},
        cwd=CHECKOUT,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
