"""The disk fills up in the middle of a page of an import and of a backup: nothing is half there, and it goes on."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.faults.test_database_problems import small_disk
from tests.support.factories import NOW, an_account, an_order
from webapp import create_app
from webapp.backups import sqlite_copy
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.database_errors import Cause, find_cause
from webapp.db.engine import find_sqlite_module, losable_commits
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.runtime import migrate
from webapp.services.sync.importing.import_page import import_page

pytestmark = pytest.mark.only_sqlite
__all__ = ["small_disk"]

PAGE = 50


@pytest.fixture
def app(small_disk: Path) -> Iterator[Flask]:
    app = create_app(Settings.load({}, data_dir=small_disk / "data"))
    migrate.upgrade(app)
    with app.app_context():
        yield app
        db.engine.dispose()


def import_one_page(session: Session, account_id: int, number: int) -> None:
    orders = [an_order(n) for n in range(number * PAGE + 1, (number + 1) * PAGE + 1)]
    with losable_commits():
        import_page(session, account_id, orders, now=NOW, actor="test")
        session.commit()


def import_until_it_fails(session: Session, account_id: int) -> tuple[int, OperationalError]:
    """Import the pages after the first; returns how many there are, and what the next one met."""
    for number in range(1, 40):
        try:
            import_one_page(session, account_id, number)
        except OperationalError as error:
            session.rollback()
            return number, error
    pytest.fail("all of it fitted")


def count(session: Session) -> tuple[int, int]:
    found = tuple(session.scalar(select(func.count()).select_from(model)) or 0 for model in (AmazonOrder, Order))
    session.rollback()
    return found


def fill(folder: Path, leave: int) -> Path:
    """Leave so many bytes of the file system free."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    with filler.open("r+b") as file:
        file.truncate(max(0, filler.stat().st_size - leave))
    return filler


def check(settings: Settings) -> str:
    with contextlib.closing(find_sqlite_module().connect(str(settings.data_dir / "channeldesk.db"))) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


@pytest.mark.parametrize("leave", [0, 40_000, 300_000, 900_000])
def test_a_page_that_does_not_fit_is_rolled_back_and_imported_when_there_is_space(
    app: Flask, small_disk: Path, leave: int
) -> None:
    settings = Settings.load({}, data_dir=small_disk / "data")
    with Session(db.engine) as session:
        account_id = an_account(session, ("DE",)).id
        import_one_page(session, account_id, 0)
        session.commit()
        filler = fill(small_disk, leave)
        done, error = import_until_it_fails(session, account_id)
        assert find_cause(error) in {Cause.DISK_FULL, Cause.DISK_ERROR}
        assert count(session) == (done * PAGE, done * PAGE)
        filler.unlink()
        import_one_page(session, account_id, done)
        assert count(session) == ((done + 1) * PAGE, (done + 1) * PAGE)
    db.engine.dispose()
    assert check(settings) == "ok"


@pytest.mark.parametrize("leave", [0, 20_000, 200_000])
def test_a_backup_that_does_not_fit_leaves_the_earlier_one_unchanged(app: Flask, small_disk: Path, leave: int) -> None:
    settings = Settings.load({}, data_dir=small_disk / "data")
    target = small_disk / "earlier.db"
    with Session(db.engine) as session:
        account_id = an_account(session, ("DE",)).id
        import_one_page(session, account_id, 0)
        session.commit()
        sqlite_copy.copy(settings.data_dir / "channeldesk.db", target)
        earlier = target.read_bytes()
        import_one_page(session, account_id, 1)
    before = {path.name for path in small_disk.iterdir()}
    filler = fill(small_disk, leave)
    with pytest.raises(CannotRunError, match="No backup was made"):
        sqlite_copy.copy(settings.data_dir / "channeldesk.db", target)
    assert target.read_bytes() == earlier
    assert {path.name for path in small_disk.iterdir()} - before == {filler.name}
    filler.unlink()
    assert sqlite_copy.copy(settings.data_dir / "channeldesk.db", target).rows["orders"] == 2 * PAGE
    assert check(settings) == "ok"
