"""Log lines: to stderr, with the name of the process, without personal data, secrets, parameters and addresses.

`DEBUG` shows more of the program itself. Libraries write what they send and receive at that level: one-time links,
tokens, search terms. So their levels are not lowered with it.
"""

import logging
import sys

FORMAT = "%(asctime)s %(processName)s %(levelname)s %(message)s"
_OWN = ("webapp", "jobs")
# They tell each job's or each upgrade's steps, which name nothing but ids; only warnings unless at DEBUG.
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
    """Once a process tree, before anything is logged."""
    # A line that cannot be written, as on a full disk, is lost; a traceback for each would be lost as well.
    logging.raiseExceptions = False
    logging.basicConfig(level="INFO" if level == "DEBUG" else level, format=FORMAT, stream=sys.stderr, force=True)
    for name in _OWN:
        logging.getLogger(name).setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "DEBUG" else logging.WARNING)
    for name in _NEVER_BELOW_WARNING:
        logging.getLogger(name).setLevel(logging.WARNING)
