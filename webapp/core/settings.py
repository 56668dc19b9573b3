"""All settings: name in the environment, type, default and help text.

This is the only reader of the environment. `docs/settings.md` is made from the same table.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import platformdirs


class SettingError(ValueError):
    """An invalid setting. The message is one line that names it."""


def _setting(name: str, default: Any, text: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"name": name, "help": text, "choices": choices})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an installation can decide. Times are in seconds."""

    data_dir: Path = _setting(
        "CHANNELDESK_DATA_DIR",
        None,
        "Where everything is kept: database, keys, the embedded Valkey's journal. Made with mode 700. "
        "Default: the platform's own folder for application data.",
    )
    database_url: str = _setting(
        "DATABASE_URL", "", "An SQLAlchemy URL; postgresql:// speaks psycopg 3. Default: SQLite in the data folder."
    )
    redis_url: str = _setting(
        "REDIS_URL", "", "A Redis (6.2 or newer) or Valkey to use. Default: an embedded Valkey on a Unix socket."
    )
    keys: str = _setting(
        "CHANNELDESK_KEYS",
        "",
        "Secret keys, newest first, separated by commas; older ones still decrypt. Default: the file `keys` "
        "(mode 600) in the data folder, made at the first start.",
    )
    host: str = _setting("CHANNELDESK_HOST", "127.0.0.1", "The address the web server listens on.")
    port: int = _setting("CHANNELDESK_PORT", 8480, "The port the web server listens on.")
    public_url: str = _setting(
        "CHANNELDESK_PUBLIC_URL",
        "",
        "The address people type, when a proxy stands in front: https://desk.example. With https, cookies are "
        "sent over https only.",
    )
    trusted_proxies: int = _setting(
        "CHANNELDESK_TRUSTED_PROXIES", 0, "How many proxies in front may say who the visitor is (X-Forwarded-*)."
    )
    web_threads: int = _setting("CHANNELDESK_WEB_THREADS", 8, "Threads of the web server's worker.")
    sync_interval: int = _setting(
        "CHANNELDESK_SYNC_INTERVAL",
        180,
        "How often a newly connected account is synced. Amazon refills one searchOrders call in 179 seconds; each "
        "account's own interval is changed on the Schedule page.",
    )
    undo_seconds: int = _setting(
        "CHANNELDESK_UNDO_SECONDS", 30, "How long a change can be undone before it is sent to Amazon."
    )
    feed_interval: int = _setting(
        "CHANNELDESK_FEED_INTERVAL",
        120,
        "The least time between two feeds of one account; Amazon takes one in two minutes.",
    )
    cancel_method: str = _setting(
        "CHANNELDESK_CANCEL_METHOD",
        "feed",
        "How orders are cancelled at Amazon: `feed`, or `rest` for accounts Amazon has opened cancelOrder to; "
        "`rest` falls back to the feed when Amazon answers 403 or 404.",
        ("feed", "rest"),
    )
    metrics_token: str = _setting(
        "CHANNELDESK_METRICS_TOKEN",
        "",
        "The bearer token with which Prometheus reads `/metrics`. Default: only this machine may read it.",
    )
    backup_to: str = _setting(
        "CHANNELDESK_BACKUP_TO",
        "",
        "Where backups are kept: a folder, or s3://bucket/prefix. Default: `backups` in the data folder, which is lost "
        "with its disk.",
    )
    backup_days: int = _setting(
        "CHANNELDESK_BACKUP_DAYS",
        7,
        "Of how many days the newest backup is kept; older ones are deleted after a backup.",
    )
    backup_weeks: int = _setting("CHANNELDESK_BACKUP_WEEKS", 4, "Of how many weeks the newest backup is kept besides.")
    s3_endpoint: str = _setting(
        "CHANNELDESK_S3_ENDPOINT",
        "https://s3.amazonaws.com",
        "The S3-compatible store for backups. With http:// there is no TLS, but backups are encrypted in themselves.",
    )
    s3_region: str = _setting("CHANNELDESK_S3_REGION", "", "The region of the bucket, if the store has regions.")
    s3_access_key: str = _setting("CHANNELDESK_S3_ACCESS_KEY", "", "The access key for the store.")
    s3_secret_key: str = _setting("CHANNELDESK_S3_SECRET_KEY", "", "The secret key for the store.")
    log_level: str = _setting(
        "CHANNELDESK_LOG_LEVEL",
        "INFO",
        "How much is logged: from `DEBUG` over `INFO` and `WARNING` to `ERROR`, which is the least.",
        ("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    crash_at: str = _setting(
        "CHANNELDESK_CRASH_AT",
        "",
        "For tests: `point=marker file`; the first process to reach the named crash point creates the file and "
        "dies there as if killed.",
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """Read the environment; keyword arguments (from a command line) go before it. Raises SettingError."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for row in fields(cls):
            raw = environ.get(row.metadata["name"], "").strip()
            if overrides.get(row.name) is not None:
                values[row.name] = overrides[row.name]
            elif raw:
                values[row.name] = _read(row.metadata, raw, row.type)
        data_dir = values.get("data_dir") or platformdirs.user_data_path("channeldesk")
        settings = cls(**{**values, "data_dir": Path(data_dir).expanduser().absolute()})
        _check_urls(settings)
        return settings

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in use."""
        url = self.database_url
        if not url:
            return f"sqlite:///{self.data_dir / 'channeldesk.db'}"
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    @property
    def address(self) -> str:
        """The URL users open."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"


def _read(metadata: Mapping[str, Any], raw: str, kind: Any) -> Any:
    name, choices = metadata["name"], metadata["choices"]
    if choices and raw not in choices:
        raise SettingError(f"{name} is {raw!r}, but must be one of: {', '.join(choices)}.")
    if kind is int:
        try:
            number = int(raw)
        except ValueError:
            raise SettingError(f"{name} is {raw!r}, but must be a whole number.") from None
        if number < 0:
            raise SettingError(f"{name} is {raw}, but must not be negative.")
        return number
    return raw


def _check_urls(settings: Settings) -> None:
    """Raise SettingError for addresses that no driver of this program takes. They hold passwords, so none is shown."""
    if settings.database_url:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            driver = make_url(settings.database).drivername
        except (ArgumentError, ValueError):
            driver = ""
        if driver != "postgresql+psycopg" and driver.partition("+")[0] != "sqlite":
            raise SettingError(
                "DATABASE_URL cannot be used. Write postgresql://user:password@host:port/database or "
                "sqlite:////absolute/path; characters like @, : and / in a password are percent-encoded."
            )
    if settings.redis_url:
        from redis import Redis

        try:
            Redis.from_url(settings.redis_url)
        except ValueError:
            raise SettingError(
                "REDIS_URL cannot be used. Write redis://:password@host:port/0, rediss://... for TLS, or "
                "unix:///absolute/path; characters like @, : and / in a password are percent-encoded."
            ) from None


def table() -> list[tuple[str, str, str]]:
    """List (name, default, help) of every setting, as the documentation shows them."""
    return [
        (row.metadata["name"], "" if row.default is None else str(row.default), row.metadata["help"])
        for row in fields(Settings)
    ]
