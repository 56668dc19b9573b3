"""The wheel: built, installed in a clean environment away from the checkout, and serving its pages from there."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from tests.support.running_app import run_app

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment with the wheel; its dependencies are lent by this one, so nothing is downloaded."""
    home = tmp_path_factory.mktemp("clean") / "environment"
    venv.create(home, symlinks=True, with_pip=False)
    python = home / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True, timeout=120)
    # A path file inside the lent folder is not followed, so an editable checkout there stays out of sight.
    packages = home / os.path.relpath(sysconfig.get_path("purelib"), sys.prefix)
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def test_the_wheel_contains_every_file_of_its_packages_and_nothing_else(wheel: Path) -> None:
    rooms = ("webapp", "jobs", "simulator", "templates", "static")
    tracked = subprocess.run(
        ["git", "ls-files", *rooms, "wsgi.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in names} == {*rooms, "wsgi.py"}
    assert set(tracked.stdout.split()) <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".db", ".env"))]


def test_the_licence_expression_names_every_licence_that_is_shipped(wheel: Path) -> None:
    archive = ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    lines = archive.read(metadata).decode().split("\n\n")[0].splitlines()
    assert "License-Expression: MIT AND 0BSD AND Apache-2.0 AND OFL-1.1" in lines
    named = {line.removeprefix("License-File: ") for line in lines if line.startswith("License-File: ")}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert named >= {name for name in tracked if Path(name).name.startswith("LICENSE")}
    assert len(named) == 5


def test_the_installed_command_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = [str(installed / "bin" / "python"), "-c", "import webapp, jobs, simulator; print(webapp.__file__)"]
    result = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout.startswith(str(installed))


def test_the_installed_package_serves_a_page_with_its_style_sheet(installed: Path, tmp_path: Path) -> None:
    program = [str(installed / "bin" / "channeldesk")]
    with run_app(tmp_path / "data", program=program, cwd=tmp_path) as running_app:
        here = f"http://127.0.0.1:{running_app.port}"
        page = urlopen(f"{here}/sign-in", timeout=60).read().decode()
        assert "<form" in page
        sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
        assert {sheet.partition("?")[0] for sheet in sheets} >= {"/static/app.css"}
        for sheet in sheets:
            with urlopen(here + sheet, timeout=60) as answer:
                assert answer.headers["Content-Type"].startswith("text/css")
                assert len(answer.read()) > 1000
