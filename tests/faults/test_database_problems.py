"""A full or read-only disk, a locked, deleted or damaged database, and keys that do not fit: what people see then."""

import contextlib
import http.client
import logging
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, flash
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from tests.support import user_accounts
from tests.support.factories import NOW, an_account, an_order
from tests.support.pages import HTMX
from tests.support.running_app import run_app, wait_until
from tests.support.user_accounts import OWNER_USER
from webapp import create_app
from webapp.core import database_problems
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.database_errors import Cause
from webapp.db.engine import find_sqlite_module
from webapp.models.users import WebSession
from webapp.runtime import doctor, migrate
from webapp.runtime import web_server as runtime_web_server
from webapp.runtime.connections import Limits
from webapp.services.sync.importing.import_page import import_page
from webapp.web.auth import requires
from webapp.web.error_pages import DATABASE_PROBLEMS

pytestmark = pytest.mark.only_sqlite

READING = ["/", "/orders", "/amazon-orders", "/orders/100001", "/submissions", "/search?q=100001"]


@pytest.fixture(autouse=True)
def _nothing_was_logged_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_problems, "_rate_limit", database_problems._RateLimit())


def save_route(app: Flask) -> None:
    """A page that saves some kilobytes and says so."""

    @app.post("/save")
    @requires("users.write")
    def save() -> str:
        name = os.urandom(8).hex()
        row = {"name": name, "body": os.urandom(4096).hex()}
        db.session.execute(text("INSERT INTO saved (name, body) VALUES (:name, :body)"), row)
        db.session.commit()
        flash("Saved.")
        return "saved"


def make_table(session: Session) -> None:
    session.execute(text("CREATE TABLE saved (name TEXT, body TEXT)"))
    session.commit()


@pytest.fixture
def app_with_order(app: Flask, session: Session, job_queue: Redis) -> Flask:
    """An application with an order, and with a page that saves something and says so."""
    app.config.update(PROPAGATE_EXCEPTIONS=False)

    save_route(app)
    make_table(session)
    account = an_account(session)
    import_page(session, account.id, [an_order(1)], now=NOW, actor="test")
    session.commit()
    return app


@pytest.fixture
def client(app_with_order: Flask, session: Session) -> FlaskClient:
    """Somebody whose next page would note that they are still there, and show a message they have not seen."""
    return sign_in(app_with_order, session)


def sign_in(app_with_order: Flask, session: Session) -> FlaskClient:
    client = user_accounts.sign_in(app_with_order.test_client(), OWNER_USER)
    row = session.scalars(select(WebSession)).one()
    row.data = {**row.data, "_flashes": [("good", "An earlier message.")]}
    row.seen_at = datetime.now(UTC) - timedelta(minutes=5)
    session.commit()
    return client


def assert_pages_can_be_read(client: FlaskClient) -> None:
    for url in READING:
        answer = client.get(url, follow_redirects=True)
        assert answer.status_code == 200, (url, answer.text)
    assert "An earlier message." in client.get("/orders").text


def assert_clicks_say(client: FlaskClient, cause: Cause) -> None:
    words = DATABASE_PROBLEMS[cause]
    page = client.post("/save")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert f"<h1>{words.title}</h1>" in page.text
    assert str(words.advice) in page.text
    toast = client.post("/save", headers=HTMX)
    assert (toast.status_code, toast.headers["HX-Retarget"]) == (503, "#toasts")
    assert str(words.title) in toast.text
    assert "<html" not in toast.text


def assert_health_says(client: FlaskClient, cause: Cause) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json["database"] is False
    assert answer.json["database_problem"] == cause
    assert answer.json["advice"] == database_problems.ADVICE[cause]


def problem_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Log lines at WARNING and above; fails on a traceback."""
    assert [record for record in caplog.records if record.exc_info] == []
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@contextlib.contextmanager
def no_page_more() -> Iterator[None]:
    """The database may not grow: SQLite answers as on a full disk."""

    def limit(connection, *_more):
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes the present number of pages for the least.

    event.listen(db.engine, "connect", limit)
    db.session.remove()
    db.engine.dispose()
    with db.engine.connect() as connection:
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        assert free == 0
    yield
    event.remove(db.engine, "connect", limit)
    db.engine.dispose()


def count_saved(session: Session) -> int:
    session.rollback()
    return session.scalar(text("SELECT count(*) FROM saved")) or 0


def test_on_a_full_disk_pages_are_readable_and_failed_writes_are_logged_once(
    client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.post("/save").status_code == 200
    session.close()
    with no_page_more():
        for _ in range(50):  # Until what is written does not fit into the pages there are.
            if client.post("/save").status_code != 200:
                break
        assert_clicks_say(client, Cause.DISK_FULL)
        before = count_saved(session)
        session.close()
        for _ in range(20):
            assert client.post("/save").status_code == 503
        assert count_saved(session) == before
        session.close()
        assert_health_says(client, Cause.DISK_FULL)
        for url in READING:
            assert client.get(url, follow_redirects=True).status_code == 200, url
        (line,) = problem_lines(caplog)
        assert "disk of the database is full" in line
    assert client.post("/save").status_code == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=24m", "tmpfs", folder):
        yield folder


@contextlib.contextmanager
def mounted(*words: object) -> Iterator[None]:
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(words[-1])], check=True)


def on_disk(settings: Settings, job_queue: Redis) -> Flask:
    """An application on another data folder, made ready as `desk` is."""
    app = create_app(settings)
    app.config.update(PROPAGATE_EXCEPTIONS=False)
    app.test_client_class = user_accounts.IsolatedClient
    app.extensions["channeldesk_redis"] = job_queue
    app.extensions["channeldesk_health"].lifetime = 0
    return app


def prepared(app: Flask) -> FlaskClient:
    migrate.upgrade(app)
    with app.app_context(), Session(db.engine) as session:
        make_table(session)
        account = an_account(session)
        import_page(session, account.id, [an_order(1)], now=NOW, actor="test")
        session.commit()
        user_accounts.create_user(app, OWNER_USER)
        return sign_in(app, session)


def test_on_a_full_file_system_pages_are_readable_and_writes_resume_when_there_is_space(
    small_disk: Path, job_queue: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    app = on_disk(Settings.load({}, data_dir=small_disk / "data"), job_queue)
    save_route(app)
    client = prepared(app)
    caplog.clear()
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    # What fits into the space SQLite has reserved already is saved; then nothing is.
    for _ in range(5000):
        if client.post("/save").status_code != 200:
            break
    assert_clicks_say(client, Cause.DISK_FULL)
    assert_pages_can_be_read(client)
    assert_health_says(client, Cause.DISK_FULL)
    (line,) = problem_lines(caplog)
    assert "disk of the database is full" in line
    filler.unlink()
    job_queue.flushall()
    assert client.post("/save").status_code == 200
    assert client.get("/healthz").json["database"] is True


def test_on_a_read_only_file_system_pages_are_readable_and_writes_fail_with_the_reason(
    tmp_path: Path, job_queue: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    real, view = tmp_path / "real", tmp_path / "view"
    view.mkdir()
    writable = create_app(Settings.load({}, data_dir=real))
    writable.test_client_class = user_accounts.IsolatedClient
    client = prepared(writable)
    cookie = client.get_cookie(writable.session_interface.name).value
    with (
        mounted("--bind", real, view),
        contextlib.closing(find_sqlite_module().connect(str(real / "channeldesk.db"))) as keeps_files,
    ):
        keeps_files.execute("SELECT count(*) FROM users").fetchall()
        subprocess.run(["mount", "-o", "remount,bind,ro", str(view)], check=True)
        app = on_disk(Settings.load({}, data_dir=view), job_queue)
        save_route(app)
        token = client.environ_base["HTTP_X_CSRFTOKEN"]
        client = app.test_client()
        client.set_cookie(app.session_interface.name, cookie)
        client.environ_base["HTTP_X_CSRFTOKEN"] = token
        caplog.clear()
        assert_pages_can_be_read(client)
        assert_clicks_say(client, Cause.READ_ONLY)
        assert_health_says(client, Cause.READ_ONLY)
        (line,) = problem_lines(caplog)
        assert "read-only" in line
        with app.app_context():
            db.engine.dispose()


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_large_body_that_cannot_be_stored_gets_the_page_of_a_full_disk(
    small_disk: Path, job_queue: Redis, caplog: pytest.LogCaptureFixture, content_type: str
) -> None:
    app = on_disk(Settings.load({}, data_dir=small_disk / "data"), job_queue)
    save_route(app)
    client = prepared(app)
    caplog.clear()
    with (small_disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    assert_large_bodies_say(app, client, Cause.DISK_FULL, content_type)
    (line,) = problem_lines(caplog)
    assert "disk of the database is full" in line


def test_a_large_body_that_cannot_be_stored_gets_the_page_of_a_read_only_disk(
    tmp_path: Path, job_queue: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    real, view = tmp_path / "real", tmp_path / "view"
    view.mkdir()
    app = on_disk(Settings.load({}, data_dir=real), job_queue)
    save_route(app)
    client = prepared(app)
    with mounted("--bind", real, view):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(view)], check=True)
        app.config["CHANNELDESK"] = replace(app.config["CHANNELDESK"], data_dir=view)
        caplog.clear()
        assert_large_bodies_say(app, client, Cause.READ_ONLY, "application/x-www-form-urlencoded")
    (line,) = problem_lines(caplog)
    assert "read-only" in line


def assert_large_bodies_say(app: Flask, client: FlaskClient, cause: Cause, content_type: str) -> None:
    """Send a body that is spooled in the data folder through the real web server."""
    # The token of the form is in the body, so the CSRF check is the first to read it.
    app.config.update(WTF_CSRF_HEADERS=[])
    cookie = client.get_cookie(app.session_interface.name)
    headers = {"Content-Type": content_type, "Cookie": f"{cookie.key}={cookie.value}"}
    with web_server(app) as port:
        for more in ({}, HTMX):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            with contextlib.closing(connection):
                connection.request(
                    "POST", "/save", b"a=" + b"x" * (runtime_web_server.LARGEST_IN_MEMORY + 1), {**headers, **more}
                )
                answer = connection.getresponse()
                text = answer.read().decode()
            assert (answer.status, answer.headers["Retry-After"]) == (503, "30"), text
            assert str(DATABASE_PROBLEMS[cause].title) in text
            assert ("<html" in text) is not bool(more)
            assert "'self'" in answer.headers["Content-Security-Policy"]


@contextlib.contextmanager
def web_server(app: Flask) -> Iterator[int]:
    """The product's web server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = runtime_web_server.build_server(app, Limits())
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def test_a_database_locked_by_another_program_is_readable_and_writes_fail_with_the_reason(
    client: FlaskClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.closing(find_sqlite_module().connect(str(settings.data_dir / "channeldesk.db"))) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        assert_pages_can_be_read(client)
        assert_health_says(client, Cause.LOCKED)
        page = client.post("/save")
        assert page.status_code == 503
        assert f"<h1>{DATABASE_PROBLEMS[Cause.LOCKED].title}</h1>" in page.text
        assert_health_says(client, Cause.LOCKED)
        (line,) = problem_lines(caplog)
        assert "held the write lock" in line
    assert client.post("/save").status_code == 200


def test_a_deleted_database_is_neither_written_nor_recreated(
    client: FlaskClient, settings: Settings, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.close()
    path = settings.data_dir / "channeldesk.db"
    kept = settings.data_dir / "kept.db"
    path.rename(kept)
    assert_clicks_say(client, Cause.MISSING)
    assert client.get("/orders").status_code == 503
    assert_health_says(client, Cause.MISSING)
    assert not path.exists()
    (line,) = problem_lines(caplog)
    assert "backup" in line
    kept.rename(path)
    assert client.get("/orders").status_code == 200
    assert client.post("/save").status_code == 200


def test_a_replaced_database_file_is_detected(
    app_with_order: Flask, client: FlaskClient, settings: Settings, session: Session
) -> None:
    session.close()
    with app_with_order.app_context(), db.engine.connect() as connection:
        connection.rollback()
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = settings.data_dir / "channeldesk.db"
    path.unlink()
    path.write_bytes(b"this is no database" * 1000)
    assert_clicks_say(client, Cause.DAMAGED)
    assert client.get("/orders").status_code == 503
    assert_health_says(client, Cause.DAMAGED)


def test_an_emptied_database_is_detected(client: FlaskClient, settings: Settings, session: Session) -> None:
    session.close()
    path = settings.data_dir / "channeldesk.db"
    path.unlink()
    path.touch()
    assert_health_says(client, Cause.DAMAGED)
    assert_clicks_say(client, Cause.DAMAGED)


def test_damaged_database_pages_are_reported_by_pages_and_doctor(
    app_with_order: Flask, client: FlaskClient, settings: Settings, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.close()
    overwrite_table(settings, "amazon_orders")
    with app_with_order.app_context():
        db.engine.dispose()
    page = client.get("/amazon-orders")
    assert page.status_code == 503
    assert str(DATABASE_PROBLEMS[Cause.DAMAGED].title) in page.text
    assert_health_says(client, Cause.DAMAGED)
    (line,) = problem_lines(caplog)
    assert "restore the last good backup" in line


def overwrite_table(settings: Settings, table: str) -> None:
    """Overwrite the first page of a table with noise, while nobody has the file open."""
    db.session.remove()
    db.engine.dispose()
    path = settings.data_dir / "channeldesk.db"
    with contextlib.closing(find_sqlite_module().connect(str(path))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)


def test_keys_that_do_not_decrypt_a_stored_value_are_reported(
    client: FlaskClient, settings: Settings, job_queue: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    keys = settings.data_dir / "keys"
    right = keys.read_text()
    keys.write_text("another key that is long enough to be taken for one\n")
    app = on_disk(settings, job_queue)
    client = user_accounts.sign_in(app.test_client(), OWNER_USER)
    page = client.get("/orders/100001")
    assert page.status_code == 503
    assert str(DATABASE_PROBLEMS[Cause.KEYS].title) in page.text
    assert_health_says(client, Cause.KEYS)
    (line,) = problem_lines(caplog)
    assert "Put the key they were written with back" in line
    keys.write_text(right)
    create_app(settings)
    job_queue.flushall()
    assert client.get("/healthz").json["database"] is True


def test_a_programming_error_keeps_its_traceback_and_its_page(
    app_with_order: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    @app_with_order.get("/wrong")
    @requires("orders.read")
    def wrong() -> str:
        db.session.execute(text("SELECT nonsense FROM users"))
        return ""

    assert client.get("/wrong").status_code == 500
    assert [record for record in caplog.records if record.exc_info]
    assert client.get("/healthz").json["database"] is True


def test_signing_in_reports_that_nothing_can_be_saved(app_with_order: Flask, session: Session) -> None:
    """Without the message, the next page would ask the user to sign in again."""
    user_accounts.create_user(app_with_order, OWNER_USER)
    session.close()
    client = app_with_order.test_client()
    token = client.get("/sign-in").text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"email": OWNER_USER.email, "password": OWNER_USER.password, "csrf_token": token}
    event.listen(db.engine, "connect", query_only)
    db.engine.dispose()
    try:
        answer = client.post("/sign-in", data=form, headers={"Referer": "http://localhost/sign-in"})
    finally:
        event.remove(db.engine, "connect", query_only)
        db.engine.dispose()
    assert answer.status_code == 503
    assert client.get_cookie(app_with_order.session_interface.name) is None


def query_only(connection, *_more):
    connection.execute("PRAGMA query_only=ON")


def test_a_start_without_the_database_it_had_is_refused(tmp_path: Path) -> None:
    settings = Settings.load({}, data_dir=tmp_path / "data")
    app = create_app(settings)
    assert migrate.upgrade(app) is True
    path = settings.data_dir / "channeldesk.db"
    path.unlink()
    with pytest.raises(CannotRunError, match=r"channeldesk\.db is gone\. .* a backup back in its place"):
        migrate.upgrade(app)
    assert not path.exists()
    (finding,) = [one for one in doctor.examine(settings) if one.check == "database"]
    assert finding.level == doctor.FAIL
    assert "is gone" in finding.message
    (settings.data_dir / "database-path").unlink()
    assert migrate.upgrade(app) is True


def test_a_write_ahead_log_without_its_database_is_kept(tmp_path: Path) -> None:
    settings = Settings.load({}, data_dir=tmp_path / "data")
    app = create_app(settings)
    log = settings.data_dir / "channeldesk.db-wal"
    log.write_bytes(b"the last commits")
    with pytest.raises(CannotRunError, match="is gone"):
        migrate.upgrade(app)
    assert log.read_bytes() == b"the last commits"


@pytest.mark.parametrize("contents", [b"noise" * 5000, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_start_on_a_damaged_database_shows_what_to_do(tmp_path: Path, contents: bytes) -> None:
    settings = Settings.load({}, data_dir=tmp_path / "data")
    app = create_app(settings)
    path = settings.data_dir / "channeldesk.db"
    path.write_bytes(contents)
    with pytest.raises(CannotRunError, match="restore the last good backup"):
        migrate.upgrade(app)
    assert path.read_bytes() == contents
    (finding,) = [one for one in doctor.examine(settings) if one.check == "database"]
    assert (finding.level, "restore the last good backup" in finding.message) == (doctor.FAIL, True)


def test_doctor_reads_the_whole_database(tmp_path: Path) -> None:
    settings = Settings.load({}, data_dir=tmp_path / "data")
    app = create_app(settings)
    migrate.upgrade(app)
    with app.app_context():
        overwrite_table(settings, "comments")
    (finding,) = [one for one in doctor.examine(settings) if one.check == "database"]
    assert (finding.level, "restore the last good backup" in finding.message) == (doctor.FAIL, True)


@pytest.mark.processes
def test_an_installation_with_its_log_on_a_full_disk_resumes_when_there_is_space(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=60m", "tmpfs", disk), run_app(disk / "data") as app_with_order:
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65536))
        wait_until(lambda: app_with_order.health()[1].get("database_problem") == "disk_full")
        wait_until(lambda: (app_with_order.health()[1].get("scheduler_tick_age") or 0) > 5)
        assert app_with_order.process.poll() is None
        filler.unlink()
        wait_until(lambda: (app_with_order.health()[1].get("scheduler_tick_age") or 99) < 3)
        assert "Traceback" not in app_with_order.log.read_text()
