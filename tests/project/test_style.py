"""Rules of style that no linter checks."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_private_attribute_of_a_library_is_used() -> None:
    exceptions = [
        str(path.relative_to(ROOT))
        for folder in ("webapp", "jobs")
        for path in (ROOT / folder).rglob("*.py")
        if "noqa: SLF001" in path.read_text("utf-8")
    ]
    assert exceptions == []
