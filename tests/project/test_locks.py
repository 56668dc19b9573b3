"""The locks: every package pinned with its hashes, from whichever index the person who installs has chosen."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements-install.lock", "requirements.lock", "requirements-dev.lock", "requirements-benchmarks.lock")


def pins(name: str) -> dict[str, list[str]]:
    """package==version → its hashes."""
    text = re.sub(r"\\\n\s+", " ", (ROOT / name).read_text())
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return {line.split()[0]: re.findall(r"--hash=sha256:([0-9a-f]{64})", line) for line in lines}


def test_every_package_is_pinned_with_its_hashes() -> None:
    for name in LOCKS:
        found = pins(name)
        assert len(found) > (5 if name == "requirements-install.lock" else 30), name
        assert [pin for pin, hashes in found.items() if not re.match(r"^[\w.\[\]-]+==\S+$", pin) or not hashes] == []


def test_a_lock_names_no_index_and_no_address() -> None:
    for name in LOCKS:
        text = (ROOT / name).read_text()
        assert re.findall(r"(?im)^.*(?:index-url|find-links|trusted-host|https?://|file:).*$", text) == [], name


def test_the_development_lock_has_the_product_in_the_same_versions() -> None:
    assert set(pins("requirements.lock")) <= set(pins("requirements-dev.lock"))


def test_what_builds_packages_is_pinned_and_not_downloaded_by_a_build() -> None:
    """Flask-Principal is released as source only: its build uses the setuptools of the lock."""
    assert {pin.partition("==")[0] for pin in pins("requirements-install.lock")} >= {"hatchling", "pip", "setuptools"}
    assert set(pins("requirements-install.lock")) <= set(pins("requirements.lock"))
    makefile = (ROOT / "Makefile").read_text()
    sources = re.findall(r"--no-binary (\S+)(.*)", makefile)
    assert ("flask-principal", " --no-build-isolation") in sources


def test_the_lock_target_upgrades_as_its_help_says() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^lock:.*## Pin the newest allowed versions", makefile, re.M)
    assert re.search(r"^LOCK \?= --upgrade$", makefile, re.M)
