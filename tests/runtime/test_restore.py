"""Backups and restores of a whole installation, on both databases."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.support.factories import an_account, an_order
from tests.support.postgres import BOTH_DATABASES
from tests.support.restores import copy_rows
from webapp import create_app
from webapp.backups import archive, runs, snapshots
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db import high_water_mark, number_sequences
from webapp.db.engine import read_only
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.fences import Fence
from webapp.runtime import migrate, restore
from webapp.runtime.file_lock import create_run_lock
from webapp.services import fences
from webapp.services.sync.importing.import_page import import_page

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.fixture
def app(settings):
    """An installation as `up` leaves it, with 30 orders."""
    app = create_app(settings)
    migrate.upgrade(app)
    with app.app_context():
        with Session(db.engine) as session:
            account = an_account(session)
            # What COPY has to escape.
            account.name = "Line\nbreak, tab\tand \\backslash"
            session.commit()
            import_orders(session, account.id, range(1, 31))
        yield app
        db.session.remove()
        db.engine.dispose()


def import_orders(session, account_id, numbers):
    import_page(session, account_id, [an_order(n) for n in numbers], now=NOW, actor="test")
    session.commit()


def make_backup(settings, tmp_path, now=NOW):
    db.session.remove()
    db.engine.dispose()
    return runs.make(settings, target=str(tmp_path / "backups"), now=now)


def stored_rows(settings):
    """All rows, without those that a restore itself changes."""
    rows = copy_rows(db.engine)
    return {name: found for name, found in rows.items() if name not in {"fences", "counters", "events", "sessions"}}


def add_lost_orders():
    with Session(db.engine) as session:
        import_orders(session, 1, range(31, 51))
        lost = number_sequences.load_all(session)
    db.engine.dispose()
    return lost


@pytest.mark.both_databases
def test_a_restored_installation_has_every_row_and_is_fenced(app, settings, tmp_path):
    before = stored_rows(settings)
    made = make_backup(settings, tmp_path)
    lost = add_lost_orders()

    with pytest.raises(CannotRunError, match="With --force it is"):
        restore.restore(settings, made.location, now=NOW)
    result = restore.restore(settings, made.location, force=True, now=NOW + timedelta(hours=9))

    assert stored_rows(settings) == before
    assert result.set_aside
    assert result.margin == fences.RECENT_MARGIN
    with read_only(), Session(db.engine) as session:
        fence = session.scalars(select(Fence)).one()
        assert (fence.reason, fence.backup_at) == ("restored", NOW)
        # Numbers continue after those given out since the backup.
        margin = fences.RECENT_MARGIN
        assert number_sequences.load_all(session) == {name: value + margin for name, value in lost.items()}
        assert session.scalars(select(AmazonOrder).limit(1)).one().buyer_name.startswith("Buyer Number")
    # The sequences of ids go on as well.
    with Session(db.engine) as session:
        import_orders(session, 1, range(60, 65))
    db.engine.dispose()


@pytest.mark.both_databases
def test_without_the_data_folder_numbers_are_left_out(app, settings, tmp_path):
    made = make_backup(settings, tmp_path)
    lost = add_lost_orders()
    high_water_mark._path.unlink()

    result = restore.restore(settings, made.location, force=True, now=NOW)

    assert result.margin == fences.NUMBER_MARGIN
    with read_only(), Session(db.engine) as session:
        counters = number_sequences.load_all(session)
    assert all(counters[name] > value + 1000 for name, value in lost.items())
    db.engine.dispose()


@pytest.mark.both_databases
def test_a_running_installation_is_not_restored(app, settings, tmp_path):
    made = make_backup(settings, tmp_path)
    with create_run_lock(settings.data_dir) as lock:
        assert lock.try_acquire()
        with pytest.raises(CannotRunError, match="running on this data folder"):
            restore.restore(settings, made.location, force=True, now=NOW)


@pytest.mark.parametrize("database_url", BOTH_DATABASES[1:], indirect=True)
def test_a_failed_restore_leaves_the_database_as_it_was(app, settings, tmp_path, monkeypatch):
    before = stored_rows(settings)
    made = make_backup(settings, tmp_path)

    def fail(*_):
        raise CannotRunError("in the middle")

    monkeypatch.setattr(snapshots, "load_postgresql", fail)
    with pytest.raises(CannotRunError, match="in the middle"):
        restore.restore(settings, made.location, force=True, now=NOW)
    assert stored_rows(settings) == before


@pytest.mark.only_sqlite
def test_the_old_database_stays_in_place_until_the_new_one_replaces_it(app, settings, tmp_path, monkeypatch):
    made = make_backup(settings, tmp_path)
    replace = Path.replace

    def lose_power(path, target):
        if path.name.endswith(".restored"):
            raise OSError("power cut")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", lose_power)
    with pytest.raises(OSError, match="power cut"):
        restore.restore(settings, made.location, force=True, now=NOW)

    with read_only(), Session(db.engine) as session:
        assert session.scalars(select(AmazonOrder.id)).all()
    db.engine.dispose()


@pytest.mark.only_sqlite
def test_a_new_machine_needs_the_keys_and_the_backup_only(app, settings, tmp_path):
    made = make_backup(settings, tmp_path)
    other = Settings.load({}, data_dir=tmp_path / "other")
    with pytest.raises(CannotRunError, match="The keys are missing"):
        restore.restore(other, made.location, now=NOW)
    shutil.copy(settings.data_dir / "keys", other.data_dir / "keys")

    result = restore.restore(other, made.location, now=NOW)

    assert (result.set_aside, result.margin) == (None, fences.NUMBER_MARGIN)
    app = create_app(other)
    assert not migrate.upgrade(app)
    with app.app_context(), read_only():
        assert len(db.session.scalars(select(AmazonOrder)).all()) == 30
        db.session.remove()
        db.engine.dispose()


@pytest.mark.only_sqlite
def test_with_other_keys_nothing_is_replaced(app, settings, tmp_path):
    made = make_backup(settings, tmp_path)
    (settings.data_dir / "keys").rename(tmp_path / "keys")
    (settings.data_dir / "keys").write_text("x" * 48)
    (settings.data_dir / "keys").chmod(0o600)
    before = (settings.data_dir / "channeldesk.db").read_bytes()
    with pytest.raises(CannotRunError, match="made with other keys"):
        restore.restore(settings, made.location, force=True, now=NOW)
    assert (settings.data_dir / "channeldesk.db").read_bytes() == before


@pytest.mark.both_databases
def test_a_backup_that_lacks_rows_is_refused(app, settings, tmp_path):
    made = make_backup(settings, tmp_path)
    keys = (settings.data_dir / "keys").read_text().split()
    folder = tmp_path / "contents"
    folder.mkdir()
    archive.extract(tmp_path / "backups" / made.location.rpartition("/")[2], keys, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["rows"]["amazon_orders"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    archive.write(tmp_path / "changed.backup", keys[0], folder)
    with pytest.raises(CannotRunError, match="does not hold the rows"):
        restore.restore(settings, str(tmp_path / "changed.backup"), force=True, now=NOW)


@pytest.mark.only_sqlite
def test_backups_are_rotated_and_the_latest_is_found(app, settings, tmp_path):
    options = {"backup_to": str(tmp_path / "kept"), "backup_days": 2, "backup_weeks": 0}
    settings = Settings.load({}, data_dir=settings.data_dir, **options)
    db.engine.dispose()
    made = [runs.make(settings, now=NOW + timedelta(days=day)) for day in range(3)]
    assert [len(one.deleted) for one in made] == [0, 0, 1]
    assert len(list((tmp_path / "kept").iterdir())) == 2
    # One made while the clock was ahead.
    ahead = runs.make(settings, now=NOW + timedelta(days=400))
    assert ahead.deleted == [Path(made[1].location).name]
    with pytest.raises(CannotRunError, match="Later than now, so not used: channeldesk-"):
        restore.restore(settings, "latest", force=True, now=NOW - timedelta(days=2))
    assert runs.make(settings, now=NOW + timedelta(days=3)).deleted == []
    result = restore.restore(settings, "latest", force=True, now=NOW + timedelta(days=3))
    assert result.manifest.made_at == (NOW + timedelta(days=3)).isoformat()


@pytest.mark.both_databases
def test_nothing_is_left_in_the_data_folder_after_a_backup(app, settings, tmp_path):
    make_backup(settings, tmp_path)
    assert list((settings.data_dir / "tmp").iterdir()) == [settings.data_dir / "tmp" / ".lock"] or not [
        path for path in (settings.data_dir / "tmp").iterdir() if path.is_dir()
    ]
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM fences")).scalar_one() == 0


def test_no_database_is_made_where_there_is_none(tmp_path):
    settings = Settings.load({}, data_dir=tmp_path / "mistyped")
    with pytest.raises(CannotRunError, match=r"no database at .*mistyped/channeldesk\.db"):
        runs.make(settings, now=NOW)
    assert not settings.data_dir.exists()
