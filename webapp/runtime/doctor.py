"""The checks of `channeldesk doctor`. Each returns a line that says what to do if it does not pass."""

import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from webapp.backups import stores
from webapp.core import database_problems, redis_location
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.settings import SettingError, Settings
from webapp.db.engine import find_sqlite_module
from webapp.domain import backups, health
from webapp.runtime import data_dir, embedded_valkey, migrate
from webapp.runtime.file_lock import create_run_lock

OK, WARN, FAIL = "ok", "warn", "fail"
# The first SQLite without the WAL-reset bug, by which several processes can, rarely, corrupt a database.
SOUND_SQLITE = (3, 51, 3)
OLDEST_REDIS = (6, 2)
# Seconds by which the clock may differ from Amazon's, as in `domain/common/clocks.py`.
CLOCK_TOLERANCE = 60
# A nightly backup may fail once and be made the next night.
BACKUP_AGE = timedelta(hours=50)


@dataclass(frozen=True, slots=True)
class Finding:
    """`level`: ok, warn or fail."""

    check: str
    level: str
    message: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Run all checks. Changes nothing, but creates the data folder."""
    yield _check_python()
    yield _check_sqlite(settings)
    yield _check_folder(settings)
    yield _check_keys(settings)
    yield _check_database(settings)
    # An application for it makes the keys that are missing.
    if settings.database.startswith("postgresql") and not _has_no_keys(settings):
        yield _check_commits(settings)
    yield _check_backups(settings)
    yield _check_clock(settings)
    yield _check_redis(settings)
    yield _check_port(settings)
    if not _has_no_keys(settings) and _is_running(settings):
        yield from _health(settings)


def _check_python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", OK if sys.version_info >= (3, 11) else FAIL, f"Python {version}")


def _check_sqlite(settings: Settings) -> Finding:
    version = str(find_sqlite_module().sqlite_version)
    if not settings.database.startswith("sqlite") or tuple(map(int, version.split("."))) >= SOUND_SQLITE:
        return Finding("sqlite", OK, f"SQLite {version}")
    return Finding(
        "sqlite",
        WARN,
        f"SQLite {version} has a fault that can, rarely, corrupt a database several processes write to (mended in "
        "3.51.3). Use a platform with a pysqlite3 wheel, a newer SQLite, or PostgreSQL; keep backups.",
    )


def _check_folder(settings: Settings) -> Finding:
    try:
        data_dir.prepare(settings.data_dir)
    except CannotRunError as problem:
        return Finding("data folder", FAIL, str(problem))
    if settings.data_dir.stat().st_mode & 0o077:
        return Finding(
            "data folder",
            WARN,
            f"{settings.data_dir} is open to other users. Close it: chmod 700 '{settings.data_dir}'",
        )
    return Finding("data folder", OK, str(settings.data_dir))


def _check_keys(settings: Settings) -> Finding:
    from webapp import create_app
    from webapp.core.key_check import has_encrypted_data
    from webapp.core.secret_keys import load_or_make, missing

    try:
        if _has_no_keys(settings):
            if has_encrypted_data(settings):
                return Finding("keys", FAIL, missing(settings))
            return Finding("keys", OK, "none yet; they are made at the first start")
        keys = load_or_make(settings)
        if not _has_no_database(settings):
            migrate.verify_keys(create_app(settings))
    except (CannotRunError, SettingError, OSError) as problem:
        return Finding("keys", FAIL, str(problem))
    return Finding(
        "keys", OK, f"{len(keys)}, from {'CHANNELDESK_KEYS' if settings.keys else settings.data_dir / 'keys'}"
    )


def _check_database(settings: Settings) -> Finding:
    from webapp import create_app

    try:
        if not settings.database_url:
            path = settings.data_dir / "channeldesk.db"
            if missing_file := migrate.find_missing_file(path, settings):
                return Finding("database", FAIL, missing_file)
            if not path.exists():
                return Finding("database", OK, "none yet; it is made at the first start")
        if _has_no_keys(settings):
            # Opening it would make them.
            return Finding("database", WARN, "not looked at, since there are no keys")
        app = create_app(settings)
        current, newest = migrate.revision(app)
        if current == newest:
            with app.app_context():
                problem = database_problems.find(db.engine, thorough=True)
                db.engine.dispose()
            if problem is not None:
                reason = f" ({problem.reason})" if problem.reason else ""
                return Finding("database", FAIL, f"{problem.advice}{reason}")
    except (CannotRunError, SettingError, OSError) as problem:
        return Finding("database", FAIL, str(problem))
    if current != newest:
        return Finding("database", WARN, f"at revision {current}; the next start upgrades it to {newest}")
    return Finding("database", OK, f"at revision {current}")


def _check_commits(settings: Settings) -> Finding:
    """Check that PostgreSQL keeps committed transactions after a power failure."""
    from webapp import create_app

    try:
        off = migrate.list_disabled_settings(create_app(settings), ("fsync", "full_page_writes", "synchronous_commit"))
    except (CannotRunError, SettingError, OSError) as problem:
        return Finding("commits", FAIL, str(problem))
    return build_commits_finding(off)


def build_commits_finding(off: Sequence[str]) -> Finding:
    """Return the finding for PostgreSQL settings that are off."""
    if "fsync" in off or "full_page_writes" in off:
        return Finding(
            "commits",
            FAIL,
            f"PostgreSQL runs with {' and '.join(f'{name}=off' for name in off)}: a power cut can damage the database, "
            "and refunds may be sent twice. Switch on fsync and full_page_writes.",
        )
    if off:
        return Finding(
            "commits",
            WARN,
            "PostgreSQL runs with synchronous_commit=off, which can lose the last commits in a power cut. Channeldesk "
            "switches it on for its own connections; set it to on for everything else, such as a connection pooler.",
        )
    return Finding("commits", OK, "PostgreSQL writes each commit to the disk")


def _has_no_keys(settings: Settings) -> bool:
    return not settings.keys and not (settings.data_dir / "keys").exists()


def _has_no_database(settings: Settings) -> bool:
    return not settings.database_url and not (settings.data_dir / "channeldesk.db").exists()


def _check_backups(settings: Settings) -> Finding:
    """Check that there is a recent backup, on another disk than the database as far as the settings say."""
    if _has_no_database(settings):
        return Finding("backups", OK, "none needed yet")
    now = datetime.now(UTC)
    try:
        names = backups.list_backups(stores.open_store(settings).list_names(), now)
    except CannotRunError as problem:
        return Finding("backups", FAIL, str(problem))
    return build_backups_finding(names, settings.backup_to, now)


def build_backups_finding(names: Sequence[str], target: str, now: datetime) -> Finding:
    """Return the finding for the backups of these names, the newest first."""
    made_at = backups.parse_name(names[0]) if names else None
    if made_at is None:
        return Finding("backups", WARN, "There is none yet. One is made each night, and by channeldesk backup.")
    if now - made_at > BACKUP_AGE:
        return Finding("backups", FAIL, f"The newest is of {made_at:%Y-%m-%d}. See Backup on the Schedule page.")
    if not target:
        return Finding(
            "backups",
            WARN,
            "They are in the data folder, lost with its disk. Set CHANNELDESK_BACKUP_TO to another disk or bucket "
            "and keep a copy of the keys elsewhere.",
        )
    return Finding("backups", OK, f"the newest is of {made_at:%Y-%m-%d %H:%M} UTC; keep a copy of the keys elsewhere")


def _check_clock(settings: Settings) -> Finding:
    """Check the clock against Amazon's, as the last sync of each account measured it."""
    from webapp import create_app

    # An application for it makes the keys that are missing.
    if _has_no_database(settings) or _has_no_keys(settings):
        return Finding("clock", OK, "not compared with Amazon's yet")
    try:
        app = create_app(settings)
        current, newest = migrate.revision(app)
        ahead = migrate.measure_clock_offset(app) if current == newest else None
    except (CannotRunError, SettingError, OSError):
        # The check of the database reports it.
        return Finding("clock", OK, "not known, because the database cannot be read")
    return build_clock_finding(ahead)


def build_clock_finding(ahead: int | None) -> Finding:
    """Return the finding for a clock that is `ahead` seconds ahead of Amazon's."""
    if ahead is None:
        return Finding("clock", OK, "not compared with Amazon's yet")
    if abs(ahead) > CLOCK_TOLERANCE:
        side = "ahead of" if ahead > 0 else "behind"
        return Finding(
            "clock",
            WARN,
            f"This machine's clock is {abs(ahead)} s {side} Amazon's. Set it, and keep it right with NTP, for "
            "instance by timedatectl set-ntp true.",
        )
    return Finding("clock", OK, f"within {abs(ahead)} s of Amazon's")


def _check_redis(settings: Settings) -> Finding:
    if not settings.redis_url and not embedded_valkey.is_answering(settings.data_dir):
        try:
            return Finding("redis", OK, f"embedded, not running now ({embedded_valkey.find_binary()})")
        except CannotRunError as problem:
            return Finding("redis", FAIL, str(problem))
    try:
        client = Redis.from_url(
            redis_location.get_url(settings), socket_connect_timeout=3, socket_timeout=3, retry=Retry(NoBackoff(), 0)
        )
        with client:
            finding = _check_eviction_policy(client.info())
    except (RedisError, ValueError) as error:
        return Finding("redis", FAIL, f"REDIS_URL does not answer ({type(error).__name__}). Start it, or correct it.")
    return _warn_of_damage(settings, finding)


def _warn_of_damage(settings: Settings, finding: Finding) -> Finding:
    """Add to the finding that the embedded server was started without its files, if it was."""
    aside = None if settings.redis_url else redis_location.find_last_damage(settings.data_dir)
    if finding.level != OK or aside is None:
        return finding
    return Finding(
        finding.check,
        WARN,
        f"{finding.message}; on {aside:%Y-%m-%d %H:%M} UTC it did not start on its files and was started without them. "
        f"Check the disk, then delete {settings.data_dir / 'valkey.damaged-*'}",
    )


def _check_eviction_policy(info: Any) -> Finding:
    version = str(info["redis_version"])
    if tuple(map(int, version.split(".")[:2])) < OLDEST_REDIS:
        return Finding("redis", FAIL, f"Redis {version} is too old; 6.2 or newer is needed.")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return Finding(
            "redis", WARN, f"Redis may drop jobs when it is full ({policy}): set maxmemory-policy noeviction."
        )
    if not info.get("aof_enabled"):
        return Finding(
            "redis", WARN, "Redis keeps no journal: set appendonly yes, or a restart waits for the maintenance job."
        )
    server = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {version}"
    return Finding("redis", OK, f"{server}, with a journal, {policy}")


def _is_running(settings: Settings) -> bool:
    with create_run_lock(settings.data_dir) as lock:
        try:
            return not lock.try_acquire()
        except OSError:
            return False


def _health(settings: Settings) -> Iterator[Finding]:
    """Return the problems that the health checks of the running installation find."""
    from webapp import create_app
    from webapp.health import checks
    from webapp.messages import text_for

    app = create_app(settings)
    with app.app_context():
        problems = [check for check in checks.run_all(app, datetime.now(UTC)) if check.is_problem]
        db.engine.dispose()
    for check in problems:
        text = text_for(check.cause, dict(check.arguments))
        yield Finding(f"health, {check.name}", FAIL if check.level == health.FAIL else WARN, text)
    if not problems:
        yield Finding("health", OK, "all checks of the running installation pass")


def _check_port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    is_running = _is_running(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, settings.port), family=family):
            return Finding("port", OK, f"{where} is free")
    except (OSError, OverflowError) as error:
        if is_running:
            return Finding("port", OK, f"{where} is in use, and a desk is running on this data folder")
        return Finding("port", FAIL, f"{where} cannot be opened ({error}). Choose another one.")
