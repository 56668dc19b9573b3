"""Where backups are kept: folders and S3 stores."""

import pytest

from tests.support.s3_server import S3Server
from webapp.backups import stores
from webapp.core.errors import CannotRunError
from webapp.core.settings import Settings


@pytest.fixture
def s3():
    with S3Server() as server:
        yield server


@pytest.fixture
def settings(tmp_path, s3):
    return Settings.load(
        {}, data_dir=tmp_path / "data", s3_endpoint=s3.url, s3_access_key="desk", s3_secret_key="secret-of-the-desk"
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "channeldesk-20260318T120000Z.backup"
    path.write_bytes(b"encrypted" * 100)
    return path


@pytest.fixture(params=["folder", "s3://backups/desk/one", "s3://backups"])
def target(request, tmp_path):
    return str(tmp_path / "folder") if request.param == "folder" else request.param


def test_a_file_is_stored_listed_fetched_and_deleted(settings, target, file, tmp_path):
    store = stores.open_store(settings, target)
    assert store.list_names() == []
    location = store.put(file)
    assert location == f"{target}/{file.name}"
    assert stores.open_store(settings, target).list_names() == [file.name]
    store.fetch(file.name, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == file.read_bytes()
    store.delete(file.name)
    assert store.list_names() == []


def test_a_store_that_returns_something_else_is_noticed(settings, s3, file):
    s3.does_damage = True
    with pytest.raises(CannotRunError, match="what the store returns is not what was sent"):
        stores.open_store(settings, "s3://backups/desk").put(file)


def test_a_store_that_refuses_is_named_without_its_secret(settings, s3, file):
    s3.is_denied = True
    for call in (lambda store: store.put(file), lambda store: store.list_names()):
        with pytest.raises(CannotRunError, match="s3://backups cannot be used") as refused:
            call(stores.open_store(settings, "s3://backups/desk"))
        assert "secret" not in str(refused.value)


def test_an_incomplete_address_says_what_is_missing(tmp_path):
    settings = Settings.load({}, data_dir=tmp_path)
    with pytest.raises(CannotRunError, match="CHANNELDESK_S3_ACCESS_KEY"):
        stores.open_store(settings, "s3://backups")


def test_a_folder_that_cannot_be_written_is_named(settings, tmp_path, file):
    (tmp_path / "taken").write_text("")
    with pytest.raises(CannotRunError, match="taken cannot be used for backups"):
        stores.open_store(settings, str(tmp_path / "taken")).put(file)


def test_without_a_setting_backups_are_in_the_data_folder(settings, file):
    location = stores.open_store(settings).put(file)
    assert location == str(settings.data_dir / "backups" / file.name)
    assert (settings.data_dir / "backups").stat().st_mode & 0o777 == 0o700
