"""Describe the machine and the software of a measurement."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.peers import programs
from benchmarks.places import Place
from benchmarks.postgres import TUNED
from webapp.db.engine import find_sqlite_module


def described(place: Place) -> list[str]:
    """Describe processor, memory, versions and the state of the code."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("Flask", "SQLAlchemy", "gunicorn"))
    peers = ", ".join(f"{name} {number}" for name, number in programs.versions().items()) or "none"
    load = os.getloadavg()[0]
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {_processor()}, {memory:.0f} GB, {platform.system()}",
        f"Load of the last minute, of which the last part is the benchmark's own: {load:.1f}",
        f"Python {platform.python_version()}, {packages}; {_database(place)}; revision {_revision()}",
        f"Peers, in an environment of their own: {peers}",
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _database(place: Place) -> str:
    if place.server is None:
        return f"SQLite {find_sqlite_module().sqlite_version}, WAL, without mmap"
    engine = create_engine(place.server)
    with engine.connect() as connection:
        number = connection.scalar(text("SHOW server_version"))
    engine.dispose()
    return f"PostgreSQL {number} ({', '.join(TUNED[:-1])})"


def _revision() -> str:
    words = ["git", "-C", str(programs.ROOT), "describe", "--always", "--dirty"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
