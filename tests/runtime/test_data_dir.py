"""The data folder."""

import subprocess
from pathlib import Path

from webapp.runtime import data_dir


def test_git_takes_nothing_of_a_data_folder_inside_a_checkout(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    data = tmp_path / "demo data"

    data_dir.prepare(data)
    (data / "keys").write_text("secret")
    data_dir.prepare(data)

    subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
    staged = subprocess.run(["git", "-C", str(tmp_path), "ls-files"], capture_output=True, text=True, check=True)
    assert staged.stdout == ""


def test_a_folder_that_stands_is_left_as_it_is(tmp_path: Path) -> None:
    data_dir.prepare(tmp_path)
    assert list(tmp_path.iterdir()) == []
