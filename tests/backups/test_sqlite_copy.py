"""Backups of the SQLite database: consistent while it is written, checked, and never half-written."""

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from tests.support.factories import NOW, an_account, an_order
from webapp import create_app
from webapp.backups import sqlite_copy
from webapp.backups.sqlite_copy import SqliteCopy
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.engine import build_engine_options, find_sqlite_module, prepare
from webapp.models.amazon_orders import AmazonOrder
from webapp.services.sync.importing.import_page import import_page

pytestmark = pytest.mark.only_sqlite

PAGE = 10


def copy_database(settings: Settings, target: Path) -> SqliteCopy:
    return sqlite_copy.copy(settings.data_dir / "channeldesk.db", target)


@pytest.fixture
def account_id(session: Session) -> int:
    return an_account(session).id


def import_pages(session: Session, account_id: int, numbers: range) -> None:
    for first in numbers[::PAGE]:
        page = [an_order(n) for n in range(first, first + PAGE)]
        import_page(session, account_id, page, now=NOW, actor="test")
        session.commit()


def numbers_in(path: Path, settings: Settings) -> set[str]:
    """The Amazon order numbers a desk finds in a data folder whose database is this file."""
    folder = path.parent / f"restored-{path.name}"
    folder.mkdir()
    shutil.copy(path, folder / "channeldesk.db")
    shutil.copy(settings.data_dir / "keys", folder / "keys")
    app = create_app(Settings.load({}, data_dir=folder))
    with app.app_context():
        orders = db.session.scalars(select(AmazonOrder)).all()
        # Personal data are readable with the keys that were kept apart.
        assert all(order.buyer_name.startswith("Buyer Number") for order in orders)
        found = {order.number for order in orders}
        db.session.remove()
        db.engine.dispose()
    return found


def test_a_backup_taken_while_an_import_runs_opens_and_holds_every_committed_order(
    session: Session, account_id: int, settings: Settings, tmp_path: Path
) -> None:
    import_pages(session, account_id, range(1, 301))
    stop, importing = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def keep_importing() -> None:
        engine = create_engine(settings.database, **build_engine_options(settings.database))
        prepare(engine)
        try:
            with Session(engine) as own:
                for first in range(1001, 100_000, PAGE):
                    import_pages(own, account_id, range(first, first + PAGE))
                    importing.set()
                    if stop.is_set():
                        return
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)
            importing.set()
        finally:
            engine.dispose()

    writer = threading.Thread(target=keep_importing)
    writer.start()
    try:
        assert importing.wait(60)
        made = []
        for round_ in range(3):
            session.rollback()
            before = set(session.scalars(select(AmazonOrder.number)))
            session.rollback()
            made.append((before, copy_database(settings, tmp_path / f"{round_}.db")))
    finally:
        stop.set()
        writer.join()
    assert failures == []
    session.rollback()
    afterwards = set(session.scalars(select(AmazonOrder.number)))
    for before, one in made:
        held = numbers_in(one.path, settings)
        assert before <= held <= afterwards
        assert len(held) % PAGE == 0
        assert one.rows["amazon_orders"] == len(held)
    assert len(made[0][0]) > 300


def test_a_copy_of_the_one_file_lacks_what_the_backup_holds(
    session: Session, account_id: int, settings: Settings, tmp_path: Path
) -> None:
    import_pages(session, account_id, range(1, 21))
    shutil.copy(settings.data_dir / "channeldesk.db", tmp_path / "copied.db")
    made = copy_database(settings, tmp_path / "made.db")
    assert made.rows["amazon_orders"] == 20
    assert len(numbers_in(made.path, settings)) == 20
    with closing(sqlite3.connect(tmp_path / "copied.db")) as copied:
        assert copied.execute("SELECT count(*) FROM amazon_orders").fetchone() == (0,)


def test_a_backup_is_one_private_file_that_is_complete_by_itself(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    made = copy_database(settings, folder / "one.db")
    assert [path.name for path in folder.iterdir()] == ["one.db"]
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.size == made.path.stat().st_size
    with sqlite3.connect(f"file:{made.path}?mode=ro&immutable=1", uri=True) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_damaged_database_gives_no_backup(
    session: Session, account_id: int, settings: Settings, tmp_path: Path
) -> None:
    import_pages(session, account_id, range(1, 51))
    session.close()
    db.session.remove()
    db.engine.dispose()
    path = settings.data_dir / "channeldesk.db"
    with find_sqlite_module().connect(str(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'amazon_orders'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(size))
    with pytest.raises(CannotRunError, match=r"^No backup was made: "):
        copy_database(settings, tmp_path / "one.db")
    assert not [found for found in tmp_path.iterdir() if "one.db" in found.name]


def test_a_target_that_cannot_be_written_is_named(app: Flask, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match=r"nowhere/one\.db cannot be written \(No such file or directory\)"):
        copy_database(settings, tmp_path / "nowhere" / "one.db")
