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


def test_no_folder_holds_more_than_twelve_modules() -> None:
    for layer in ("domain", "queries", "services", "views"):
        for folder in {module.parent for module in (ROOT / "webapp" / layer).rglob("*.py")}:
            modules = sorted(module.stem for module in folder.glob("*.py") if module.stem != "__init__")
            assert len(modules) <= 12, f"{folder.relative_to(ROOT)} holds {len(modules)} modules: {modules}"
