"""Missing and wrong secret keys: nothing starts, nothing is replaced, and the message says what to do."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests.support.factories import NOW, an_account, an_order
from tests.support.running_app import run_refused_command
from webapp import create_app
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.secret_keys import load_or_make
from webapp.core.settings import SettingError, Settings
from webapp.db.encryption import field_cipher
from webapp.models.key_check import KeyCheck
from webapp.runtime import doctor, migrate
from webapp.services.sync.importing import import_page

KEYS = ["a" * 40, "b" * 40, "c" * 40]
COMMANDS = [
    ("up", "--port", "0"),
    ("demo", "--port", "0"),
    ("web", "--port", "0"),
    ("worker", "sync"),
    ("scheduler",),
    ("users", "list"),
    ("orders", "list"),
    ("reindex",),
]


@pytest.fixture
def keys(settings: Settings) -> Path:
    settings.data_dir.mkdir(mode=0o700)
    path = settings.data_dir / "keys"
    write(path, KEYS[0])
    return path


def write(path: Path, *keys: str) -> None:
    path.write_text("".join(f"{key}\n" for key in keys))
    path.chmod(0o600)


@pytest.fixture
def used(settings: Settings, keys: Path) -> Iterator[Flask]:
    """An application over a database that was written with the first of KEYS."""
    app = create_app(settings)
    migrate.upgrade(app)
    with app.app_context():
        with Session(db.engine) as session:
            account = an_account(session, ("DE",))
            import_page.import_page(session, account.id, [an_order(1)], now=NOW, actor="amazon")
            session.commit()
        yield app
        db.engine.dispose()


def start(settings: Settings) -> None:
    """What every entry point does: make the application and bring its database up to date."""
    app = create_app(settings)
    migrate.upgrade(app)
    with app.app_context():
        db.engine.dispose()


def stored(app: Flask) -> bytes | None:
    with app.app_context(), db.engine.connect() as connection:
        return connection.scalar(select(KeyCheck.value))


def forget_check(app: Flask) -> None:
    """As in a database that an older release has written."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(delete(KeyCheck))


@pytest.mark.processes
@pytest.mark.only_sqlite
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize("kind", ["missing", "wrong"])
def test_no_command_runs_on_a_database_without_its_keys(
    used: Flask, settings: Settings, keys: Path, redis: Redis, redis_url: str, words: tuple[str, ...], kind: str
) -> None:
    db.engine.dispose()
    if kind == "missing":
        keys.unlink()
    else:
        write(keys, KEYS[1])
    before = (settings.data_dir / "channeldesk.db").read_bytes()

    code, output = run_refused_command(
        *words,
        *("--data-dir", str(settings.data_dir)),
        environ={"REDIS_URL": redis_url},
        home=settings.data_dir.parent,
    )

    assert code == 1
    wanted = "The secret keys are missing" if kind == "missing" else "are not those this database was written with"
    assert wanted in output
    assert str(keys) in output
    assert "from your backup" in " ".join(output.split())
    assert "Traceback" not in output
    assert (keys.read_text().strip() if keys.exists() else None) == (None if kind == "missing" else KEYS[1])
    assert (settings.data_dir / "channeldesk.db").read_bytes() == before
    assert not (settings.data_dir / "backups").exists()


@pytest.mark.both_databases
def test_keys_are_made_for_no_database_that_holds_something(used: Flask, settings: Settings, keys: Path) -> None:
    keys.unlink()
    with pytest.raises(SettingError, match="The secret keys are missing"):
        create_app(settings)
    assert not keys.exists()
    forget_check(used)
    with pytest.raises(SettingError, match="The secret keys are missing"):
        create_app(settings)
    assert not keys.exists()


@pytest.mark.both_databases
def test_other_keys_are_refused_and_the_right_ones_open_it_again(used: Flask, settings: Settings, keys: Path) -> None:
    write(keys, KEYS[1])
    with pytest.raises(CannotRunError, match="are not those this database was written with"):
        start(settings)
    write(keys, KEYS[0])
    start(settings)


@pytest.mark.both_databases
def test_other_keys_are_refused_where_only_stored_values_can_tell(used: Flask, settings: Settings, keys: Path) -> None:
    forget_check(used)
    write(keys, KEYS[1])
    with pytest.raises(CannotRunError, match="are not those this database was written with"):
        start(settings)
    assert stored(used) is None
    write(keys, KEYS[0])
    start(settings)
    assert stored(used) is not None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no key"),
        (b"\n \n", "holds no key"),
        (b"a" * 20, "is shorter than 32 characters"),
        (b"a" * 40 + b"\n" + b"b" * 3, "is shorter than 32 characters"),
        (b"\xad" * 65, "is not text"),
        (b"a" * 40 + b"\n\xff", "is not text"),
        (("a" * 40).encode("utf-16"), "is not text"),
    ],
)
def test_a_damaged_keys_file_is_reported_in_one_line_and_left_unchanged(
    used: Flask, settings: Settings, keys: Path, content: bytes, words: str
) -> None:
    keys.write_bytes(content)
    with pytest.raises(SettingError, match=words):
        load_or_make(settings)
    assert keys.read_bytes() == content


def test_a_folder_in_place_of_the_keys_file_is_reported(used: Flask, settings: Settings, keys: Path) -> None:
    keys.unlink()
    keys.mkdir()
    with pytest.raises(SettingError, match="is not a file"):
        load_or_make(settings)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://desk:secret@localhost/desk"),
        ("DATABASE_URL", "postgresql+psycopg2://desk:secret@localhost/desk"),
        ("DATABASE_URL", "postgresql://desk:secret@localhost:port/desk"),
        ("DATABASE_URL", "postgresql:desk:secret"),
        ("REDIS_URL", "nonsense"),
        ("REDIS_URL", "http://:secret@localhost:6379"),
        ("REDIS_URL", "redis://:secret@localhost:port/0"),
    ],
)
def test_a_database_url_without_a_driver_is_reported_without_its_password(name: str, url: str) -> None:
    with pytest.raises(SettingError, match=f"{name} cannot be used") as raised:
        Settings.load({name: url})
    assert "secret" not in str(raised.value)


def test_usable_database_urls_are_kept_unchanged() -> None:
    for name, url in [
        ("DATABASE_URL", "postgres://desk:secret@localhost/desk"),
        ("DATABASE_URL", "postgresql://desk:p%40ss@localhost:5432/desk?sslmode=require"),
        ("DATABASE_URL", "postgresql+psycopg:///desk?host=/run/postgresql"),
        ("DATABASE_URL", "sqlite:////var/lib/channeldesk/desk.db"),
        ("REDIS_URL", "redis://:secret@localhost:6379/1"),
        ("REDIS_URL", "rediss://localhost"),
        ("REDIS_URL", "unix:///run/valkey.sock"),
    ]:
        settings = Settings.load({name: url})
        assert url in (settings.database_url, settings.redis_url), (name, url)


def test_keys_from_the_environment_are_checked_as_well(used: Flask, settings: Settings) -> None:
    other = Settings.load({}, data_dir=settings.data_dir, database_url=settings.database_url, keys=KEYS[1])
    with pytest.raises(CannotRunError, match="keys in CHANNELDESK_KEYS are not those"):
        start(other)
    start(Settings.load({}, data_dir=settings.data_dir, database_url=settings.database_url, keys=KEYS[0]))


@pytest.mark.both_databases
def test_keys_are_rotated_one_by_one(used: Flask, settings: Settings, keys: Path) -> None:
    first = stored(used)
    write(keys, KEYS[1], KEYS[0])
    start(settings)
    assert stored(used) != first
    field_cipher.set_keys((KEYS[1],))
    assert field_cipher.uses_newest_key(stored(used))
    second = stored(used)
    start(settings)
    assert stored(used) == second, "written only when the newest key is another one"
    write(keys, KEYS[1])
    start(settings)
    write(keys, KEYS[2])
    with pytest.raises(CannotRunError):
        start(settings)


def test_a_first_start_creates_keys_also_with_an_empty_database_file(settings: Settings) -> None:
    settings.data_dir.mkdir(mode=0o700)
    if not settings.database_url:
        (settings.data_dir / "channeldesk.db").touch()
    assert load_or_make(settings) == load_or_make(settings)
    start(settings)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o644])
def test_a_keys_file_that_other_users_can_open_is_refused(settings: Settings, mode: int) -> None:
    made = load_or_make(settings)
    path = settings.data_dir / "keys"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(mode)

    with pytest.raises(SettingError, match="chmod 600"):
        load_or_make(settings)

    path.chmod(0o400)
    assert load_or_make(settings) == made


@pytest.mark.parametrize("content", ["", "\n \n", "a" * 31 + "\n", "a" * 64 + "\n" + "b" * 31 + "\n"])
def test_no_key_and_a_key_of_less_than_32_characters_are_refused(settings: Settings, content: str) -> None:
    load_or_make(settings)
    (settings.data_dir / "keys").write_text(content)
    with pytest.raises(SettingError):
        load_or_make(settings)
    (settings.data_dir / "keys").write_text("a" * 32 + "\n")
    assert load_or_make(settings) == ("a" * 32,)


def test_no_keys_are_made_while_the_database_does_not_answer(tmp_path: Path) -> None:
    away = Settings.load({}, data_dir=tmp_path, database_url="postgresql://nobody:secret@127.0.0.1:1/desk")
    with pytest.raises(SettingError, match="cannot be used") as raised:
        create_app(away)
    assert "secret" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_keys_created_by_another_process_meanwhile_are_used(
    settings: Settings, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keys.with_name("kept")
    shutil.move(keys, kept)

    def meanwhile(_settings: Settings) -> bool:
        shutil.move(kept, keys)
        return True

    monkeypatch.setattr("webapp.core.secret_keys.has_encrypted_data", meanwhile)
    assert load_or_make(settings) == (KEYS[0],)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("content", "level", "message"),
    [
        (None, doctor.FAIL, "The secret keys are missing"),
        (KEYS[1], doctor.FAIL, "are not those this database was written with"),
        (KEYS[0], doctor.OK, "1, from "),
        ("", doctor.FAIL, "holds no key"),
    ],
)
def test_doctor_reports_missing_and_wrong_keys_and_changes_neither(
    used: Flask, settings: Settings, keys: Path, content: str | None, level: str, message: str
) -> None:
    keys.unlink()
    if content is not None:
        write(keys, content)
    before = stored(used)
    (finding,) = [finding for finding in doctor.examine(settings) if finding.check == "keys"]
    assert (finding.level, message in finding.message) == (level, True), finding.message
    assert keys.exists() is (content is not None)
    assert stored(used) == before


def test_doctor_makes_no_keys_before_the_first_start(settings: Settings) -> None:
    findings = {finding.check: finding for finding in doctor.examine(settings)}
    assert (findings["keys"].level, findings["database"].level != doctor.FAIL) == (doctor.OK, True)
    assert not (settings.data_dir / "keys").exists()
