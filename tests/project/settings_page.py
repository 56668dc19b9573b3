"""docs/settings.md as the table of settings makes it. Write it anew: `make docs`."""

from pathlib import Path

from webapp.core.settings import table

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
_HEAD = """# Settings

Made from `webapp/core/settings.py` by `make docs`; a test compares. Settings are environment variables, read
at the start by every process.
What people change while the desk runs (order settings, intervals) stands in the database instead.
`channeldesk doctor` names a setting that cannot be read. Times are in seconds.

| setting | default | what it decides |
|---|---|---|
"""


def render() -> str:
    rows = (f"| `{name}` | {f'`{default}`' if default else ''} | {text} |\n" for name, default, text in table())
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(render())
