"""Temporary files stay inside the data folder, and none outlives the process that made it for long."""

import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.support import canaries
from webapp.core.settings import Settings
from webapp.core.temporary_files import sweep, temporary_folder
from webapp.exports import writers
from webapp.runtime import data_dir
from webapp.web.auth import public


@pytest.fixture
def no_system_folder(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    """Whatever asks for the system's folder for temporary files fails, once the folders of the test are there."""
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/nowhere")


@pytest.mark.usefixtures("no_system_folder")
def test_a_workbook_is_written_inside_the_data_folder_and_leaves_nothing(
    owner_client: FlaskClient, session: Session, settings: Settings
) -> None:
    canaries.create_canary_data(session)

    answer = owner_client.post("/grids/orders/exports", data={"format": "xlsx"})

    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")
    assert list((settings.data_dir / "tmp").iterdir()) == []


def test_the_parts_of_a_workbook_are_kept_in_the_folder_that_is_given(tmp_path: Path) -> None:
    found: list[int] = []

    def rows() -> Iterator[list[str]]:
        yield ["a"]
        found.append(len(list(tmp_path.iterdir())))
        yield ["b"]

    writers.write_xlsx(["Head"], rows(), io.BytesIO(), tmp_path)

    assert found == [1]


@pytest.mark.usefixtures("no_system_folder")
@pytest.mark.parametrize("size", [10, 400_000, 600_000, 5_000_000])
def test_a_large_upload_is_kept_inside_the_data_folder(app: Flask, size: int) -> None:
    @app.post("/upload")
    @public
    def upload() -> str:
        return str(len(request.files["file"].read()))

    app.config.update(WTF_CSRF_ENABLED=False)
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="sheet.csv"\r\n\r\n'
    sent = head + b"x" * size + b"\r\n--b--\r\n"

    answer = app.test_client().post("/upload", data=sent, content_type="multipart/form-data; boundary=b")

    assert answer.text == str(size)


def test_a_start_sweeps_what_killed_processes_left_and_leaves_what_is_in_use(tmp_path: Path) -> None:
    killed = (
        "import os, sys, pathlib\n"
        "from webapp.core.temporary_files import temporary_folder\n"
        "with temporary_folder(pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'part.xml').write_text('names')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False)
    left = list((tmp_path / "tmp").rglob("part.xml"))

    with temporary_folder(tmp_path) as used:
        data_dir.prepare(tmp_path)
        assert used.is_dir()
        assert list((tmp_path / "tmp").iterdir()) == [used]

    assert len(left) == 1
    assert list((tmp_path / "tmp").iterdir()) == []


def test_sweeping_a_data_folder_without_temporary_files_makes_none(tmp_path: Path) -> None:
    sweep(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_is_deleted_when_its_work_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with temporary_folder(tmp_path) as used:
            (used / "part").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert list((tmp_path / "tmp").iterdir()) == []


def test_temporary_files_can_be_read_by_their_owner_alone(tmp_path: Path) -> None:
    with temporary_folder(tmp_path) as used:
        assert used.stat().st_mode & 0o077 == 0
        assert used.parent.stat().st_mode & 0o077 == 0
