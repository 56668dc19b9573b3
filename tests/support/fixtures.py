"""Answers of Amazon that were published, in `tests/fixtures/amazon`; the README of each folder names the sources."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fixtures" / "amazon"


def read_fixture(name: str) -> str:
    """Return the text of a fixture, with its line ends."""
    return (FOLDER / name).read_bytes().decode()
