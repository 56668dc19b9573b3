"""The file of a backup: opens only with the keys, and a changed one does not open."""

import os

import pytest

from webapp.backups import archive
from webapp.core.errors import CannotRunError

KEY, OTHER = "k" * 40, "o" * 40
# Empty, less than a chunk, exactly one chunk, and several.
SIZES = (0, 10, 1 << 20, (5 << 19) + 7)


@pytest.fixture(params=SIZES)
def contents(request, tmp_path):
    folder = tmp_path / "contents"
    folder.mkdir()
    (folder / "rows").write_bytes(os.urandom(request.param))
    (folder / "manifest.json").write_text("{}")
    return folder


def extract(path, keys, tmp_path):
    folder = tmp_path / "extracted"
    folder.mkdir()
    archive.extract(path, keys, folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_what_was_written_is_extracted_with_any_key_of_the_installation(contents, tmp_path):
    path = tmp_path / "one.backup"
    archive.write(path, KEY, contents)
    assert path.stat().st_mode & 0o777 == 0o600
    assert extract(path, [OTHER, KEY], tmp_path) == {file.name: file.read_bytes() for file in contents.iterdir()}


def test_without_the_keys_nothing_can_be_read(contents, tmp_path):
    path = tmp_path / "one.backup"
    (contents / "rows").write_bytes(b"Buyer Number1" * 1000)
    archive.write(path, KEY, contents)
    assert b"Buyer" not in path.read_bytes()
    with pytest.raises(CannotRunError, match="damaged, or was made with other keys"):
        extract(path, [OTHER], tmp_path)


@pytest.mark.parametrize("change", ["cut", "flip", "append", "swap", "drop", "empty"])
def test_a_changed_file_does_not_open(tmp_path, change):
    folder = tmp_path / "contents"
    folder.mkdir()
    (folder / "rows").write_bytes(os.urandom(3 << 20))
    path = tmp_path / "one.backup"
    archive.write(path, KEY, folder)
    whole, start, chunk = path.read_bytes(), 37, (1 << 20) + 16
    first, second = whole[start : start + chunk], whole[start + chunk : start + 2 * chunk]
    path.write_bytes(
        {
            # Right after a chunk, where only the mark of the last one is missing.
            "cut": whole[: start + 2 * chunk],
            "flip": whole[:-1] + bytes([whole[-1] ^ 1]),
            "append": whole + b"x",
            "swap": whole[:start] + second + first + whole[start + 2 * chunk :],
            "drop": whole[:start] + whole[start + chunk :],
            "empty": b"",
        }[change]
    )
    with pytest.raises(CannotRunError, match="damaged, or was made with other keys"):
        extract(path, [KEY], tmp_path)
