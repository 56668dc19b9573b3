"""Log lines: to stderr, with the name of the process. No personal data: parameters and addresses stay out."""

import logging
import sys

FORMAT = "%(asctime)s %(processName)s %(levelname)s %(message)s"
# They tell each request's address or each job's steps; warnings of theirs are still shown.
_TALKATIVE = (
    "httpx",
    "httpcore",
    "rq",
    "rq.worker",
    "rq.job",
    "rq.queue",
    "rq.scripts",
    "rq.registry",
    "alembic",
    "fontTools",
)


def configure(level: str) -> None:
    """Once a process tree, before anything is logged."""
    logging.basicConfig(level=level, format=FORMAT, stream=sys.stderr, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "DEBUG" else logging.WARNING)
