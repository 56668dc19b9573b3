"""What the browser loads: nothing was changed on its way here, nothing is missing, nothing is carried for nobody."""

import gzip
import hashlib
import re
from pathlib import Path

from webapp.domain.common.marketplaces import MARKETPLACES
from webapp.messages.status_labels import LABELS

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
ROW = re.compile(r"\| `(\S+)` \| .* \| `([0-9a-f]{64})` \|")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
WORDS = "\n".join(path.read_text() for path in [*TEMPLATES, *(ROOT / "webapp").rglob("*.py")])
ICONS = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))


def hashes() -> dict[str, str]:
    return dict(ROW.findall((VENDOR / "README.md").read_text()))


def test_every_vendored_file_is_the_one_its_package_ships() -> None:
    digests = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name not in {"README.md", "LICENSE"}
    }
    assert digests == hashes()
    assert digests


def test_every_vendored_package_carries_its_licence() -> None:
    for folder in (path for path in VENDOR.iterdir() if path.is_dir()):
        assert (folder / "LICENSE").stat().st_size > 500, folder.name


def test_every_used_icon_exists() -> None:
    asked = set(re.findall(r'icon\("([a-z0-9-]+)"', WORDS))
    asked |= {label.icon for labels in LABELS.values() for label in labels.values()}
    assert asked <= ICONS


def test_every_icon_is_used() -> None:
    assert {name for name in ICONS if f'"{name}"' not in WORDS} == set()


def test_every_marketplace_has_a_flag_and_no_other_country() -> None:
    wanted = {f"{marketplace.country_code.lower()}.svg" for marketplace in MARKETPLACES}
    assert {path.name for path in (STATIC / "flags").iterdir()} == wanted


def test_every_file_named_in_a_template_or_style_sheet_exists() -> None:
    named = set(re.findall(r'asset\("([^"]+\.\w+)"', WORDS))
    named |= set(re.findall(r'url\("([^"]+)"\)', (STATIC / "app.css").read_text()))
    assert {name for name in named if not (STATIC / name).is_file()} == set()


def test_no_template_needs_a_weaker_policy() -> None:
    """Scripts and styles come from files, HTMX evaluates nothing, and every form that posts carries its token."""
    for path in TEMPLATES:
        text = path.read_text()
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|hx-on|hx-vals=.js:|javascript:", text) == [], path
        assert re.findall(r"<script(?![^>]*\ssrc=)", text) == [], path
        posts = re.findall(r'<form[^>]*method="post".*?</form>', text, re.S)
        assert [form for form in posts if not re.search(r"csrf", form)] == [], path


def test_a_first_visit_loads_few_bytes() -> None:
    """Compressed, as a first visit loads it: styles, scripts, icons, logo. The goal for everything is 250 kB."""
    own = [STATIC / name for name in ("app.css", "app.js", "icons.svg", "logo.svg")]
    weight = sum(len(gzip.compress(path.read_bytes())) for path in (*own, *(VENDOR / name for name in hashes())))
    assert weight < 130_000
