"""Run the product's real processes, on their own data folder and port."""

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

# Generous, because these limits only expire when the event never comes, also on a busy machine.
READY_WITHIN = 180.0
CHECKOUT = Path(webapp.__file__).parents[1]
PROGRAM = (sys.executable, "-m", "webapp")
T = TypeVar("T")


def wait_until(look: Callable[[], T], within: float = 120.0) -> T:
    """Call `look` until it returns something true, and return that. Fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (result := look()):
        assert time.monotonic() < deadline, f"nothing after {within} s"
        time.sleep(0.02)
    return result


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

    def health(self, timeout: float = 60) -> tuple[int, dict[str, Any]]:
        """Return status and body of /healthz; status 0 while the server does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    def is_healthy(self) -> bool:
        status, body = self.health()
        return status == 200 and body["scheduler_tick_age"] is not None and body["scheduler_tick_age"] < 3

    def pids(self) -> dict[str, int]:
        """Return the supervisor's own children by name."""
        return {name: pid for pid, name in descendants(self.process.pid).items() if parent(pid) == self.process.pid}


def descendants(root: int) -> dict[int, str]:
    """Return every living descendant of `root`: process id to name."""
    names: dict[int, str] = {}
    parents = {pid: parent(pid) for pid in map(int, filter(str.isdigit, (p.name for p in Path("/proc").iterdir())))}
    pending = [root]
    while pending:
        ancestor = pending.pop()
        for pid in [pid for pid, its in parents.items() if its == ancestor]:
            if is_alive(pid):
                names[pid] = Path(f"/proc/{pid}/comm").read_text().strip()
            pending.append(pid)
    return names


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
    """Start the processes, wait until they answer, and end them with the block."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    log = data_dir.with_name("channeldesk.log")
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
    """Return exit code and output of a command that ends by itself."""
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
