"""Child processes that end with their parent."""

import contextlib
import ctypes
import json
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from webapp.core.errors import CannotRunError

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def die_with_parent(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """End this process when `parent` ends, however it ends. Survives exec on Linux; elsewhere a thread watches."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:  # It ended before the kernel was asked.
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent, how), daemon=True, name="parent-watch").start()


def _watch(parent: int, how: signal.Signals) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), how)


def fork(name: str, run: Callable[[], None]) -> int:
    """Fork a child that runs `run` and then ends; its log lines carry `name`. Returns its process id.

    The child has a process group of its own, so that Ctrl-C reaches the supervisor alone.
    """
    parent = os.getpid()
    # So that the child does not write it a second time. A log on a full disk is no reason to start no child.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setpgid(0, 0)
        die_with_parent(parent)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        _set_process_name(name)
        run()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        log.exception("%s ended with an error", name)
    finally:
        exit_process(code)


def _set_process_name(name: str) -> None:
    """Set the name for log lines, and on Linux for `ps -eo comm` and `top` (which show 15 characters)."""
    multiprocessing.current_process().name = name
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode())


def exit_process(code: int) -> NoReturn:
    """End this process without waiting for its threads."""
    # What the parent registered to run at its own exit must not run here.
    logging.shutdown()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def execute(command: list[str], environ: dict[str, str] | None = None) -> NoReturn:
    """Become another program, with nothing to read from."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.execve(command[0], command, {**os.environ, **(environ or {})})  # noqa: S606 - our own command, no shell


def call(name: str, function: Callable[[], Any]) -> Any:
    """Run `function` in a child process and return its result, which must be JSON-serializable.

    Its imports and connections end with the child. Raises the CannotRunError it raised.
    """
    reader, writer = os.pipe()

    def run() -> None:
        os.close(reader)
        try:
            answer = {"value": function()}
        except CannotRunError as problem:
            answer = {"problem": str(problem)}
        with os.fdopen(writer, "w") as file:
            json.dump(answer, file)

    pid = fork(name, run)
    os.close(writer)
    with os.fdopen(reader) as file:
        output = file.read()
    os.waitpid(pid, 0)
    if not output:
        raise CannotRunError(f"The step {name!r} failed; what went wrong stands above.")
    answer = json.loads(output)
    if "problem" in answer:
        raise CannotRunError(answer["problem"])
    return answer["value"]


def is_alive(pid: int) -> bool:
    """Return whether our child `pid` still runs; reap it when it does not."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def stop(pid: int, within: float) -> None:
    """End our child `pid`: asked first, killed after `within` seconds."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + within
    while is_alive(pid):
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
            return
        time.sleep(0.02)
