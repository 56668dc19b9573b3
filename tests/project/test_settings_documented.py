import re
from dataclasses import fields
from pathlib import Path

from tests.project import settings_page
from webapp.core.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_page_of_settings_matches_the_table() -> None:
    assert settings_page.PAGE.read_text() == settings_page.render(), "Write it anew: make docs"


def test_every_setting_has_a_row_with_an_explanation() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .*? \| (.+) \|$", settings_page.PAGE.read_text(), re.MULTILINE))
    assert set(rows) == {row.metadata["name"] for row in fields(Settings)}
    assert all(len(text) > 20 for text in rows.values())


def test_nothing_else_reads_the_environment() -> None:
    """A setting read elsewhere would be in no table."""
    readers = {
        str(path.relative_to(ROOT))
        for folder in ("webapp", "jobs", "simulator")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text())
    }
    # The one hands it on, whole, to what it becomes.
    assert readers - {"webapp/core/processes.py"} == {"webapp/core/settings.py"}
