"""Logging to stderr with process names, without personal data, secrets, parameters and addresses.

`DEBUG` applies to Channeldesk itself. Libraries log one-time links, tokens and search terms at that level, so their
levels are not lowered.
"""

import logging
import sys

FORMAT = "%(asctime)s %(processName)s %(levelname)s %(message)s"
_OWN = ("webapp", "jobs")
# They log the steps of jobs and migrations, which contain only ids; below WARNING only at DEBUG.
_TALKATIVE = (
    "rq",
    "rq.worker",
    "rq.job",
    "rq.queue",
    "rq.scripts",
    "rq.registry",
    "alembic",
    "fontTools",
)
# They log addresses, headers, statements or connections below WARNING.
_NEVER_BELOW_WARNING = ("httpx", "httpcore", "sqlalchemy", "psycopg", "werkzeug", "uvicorn.access")


def configure(level: str) -> None:
    """Configure logging, once for a process and its children."""
    # A line that cannot be written, as on a full disk, is lost, and so would be its traceback.
    logging.raiseExceptions = False
    logging.basicConfig(level="INFO" if level == "DEBUG" else level, format=FORMAT, stream=sys.stderr, force=True)
    for name in _OWN:
        logging.getLogger(name).setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "DEBUG" else logging.WARNING)
    for name in _NEVER_BELOW_WARNING:
        logging.getLogger(name).setLevel(logging.WARNING)
