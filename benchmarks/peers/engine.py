"""The peers' database, with our own SQLite build where there is a wheel of it."""

import os
import sys
from urllib.parse import parse_qs, urlsplit

try:
    import pysqlite3 as sqlite
    from pysqlite3 import dbapi2

    # Django and SQLAlchemy ask for the standard library's, which is often older.
    sys.modules.update({"sqlite3": sqlite, "sqlite3.dbapi2": dbapi2})
except ImportError:
    pass

DATABASE = os.environ.get("PEER_DATABASE", ":memory:")
USER, EMAIL, PASSWORD = "benchmark", "benchmark@desk.example", "Only for measuring, 1 time"


def for_django() -> dict[str, object]:
    """Return DATABASES["default"], with persistent connections as on a busy site."""
    if not DATABASE.startswith("postgresql"):
        options = {"init_command": "PRAGMA journal_mode=WAL;", "timeout": 10}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE, "CONN_MAX_AGE": None, "OPTIONS": options}
    url = urlsplit(DATABASE)
    host = parse_qs(url.query).get("host", [url.hostname or ""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": host,
        "PORT": url.port or "",
        "CONN_MAX_AGE": None,
    }


def for_sqlalchemy() -> str:
    if DATABASE.startswith("postgresql"):
        return DATABASE.replace("postgresql://", "postgresql+psycopg://", 1)
    return f"sqlite:///{DATABASE}"
