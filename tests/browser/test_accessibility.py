"""Each page passes axe-core and fits its screen, in light and dark, on a desktop and on a phone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from redis import Redis
from sqlalchemy.orm import Session

from tests.security.test_pages_change_nothing import list_addresses

pytestmark = pytest.mark.browser

AXE_OPTIONS: dict[str, Any] = {"resultTypes": ["violations"]}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def pages(
    app: Flask, session: Session, owner_client: FlaskClient, values: Callable[[str], dict[str, Any]]
) -> list[str]:
    """The address of each whole page; fragments, downloads and redirects are left out."""
    addresses = []
    listed = list_addresses(app, values)
    session.rollback()
    for _, address in listed.values():
        response = owner_client.get(address)
        if response.status_code == 200 and response.data.startswith(b"<!doctype html>"):
            addresses.append(address)
    return addresses


def find_problems(page: Page, address: str) -> Iterator[str]:
    """Yield what is wrong with a page: run axe-core on a light desktop and on a dark phone, measure three widths."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    for width, scheme in ((1440, "light"), (768, ""), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        if overflow := page.evaluate(OVERFLOW):
            yield f"{address} ({width} px): {overflow} px too wide"
        if scheme:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for violation in Axe().run(page, options=AXE_OPTIONS).response["violations"]:
                targets = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
                yield f"{address} ({scheme}, {width} px): {violation['id']} at {', '.join(targets[:3])}"


def test_no_page_has_accessibility_violations_or_scrolls_sideways(
    app: Flask, job_queue: Redis, owner_page: Page, pages: list[str]
) -> None:
    assert len(pages) > 40

    problems = [problem for address in pages for problem in find_problems(owner_page, address)]

    assert not problems, "\n".join(problems)


def test_german_texts_break_no_layout(job_queue: Redis, owner_page: Page, pages: list[str]) -> None:
    owner_page.goto("/profile")
    owner_page.get_by_label("Language").select_option("de")
    owner_page.get_by_role("button", name="Save preferences").click()
    owner_page.get_by_role("heading", name="Ihr Profil").wait_for()
    problems = []
    for address in pages:
        owner_page.goto(address)
        for width in (1280, 390):
            owner_page.set_viewport_size({"width": width, "height": 900})
            if overflow := owner_page.evaluate(OVERFLOW):
                problems.append(f"{address} ({width} px): {overflow} px too wide")

    assert owner_page.locator("html").get_attribute("lang") == "de"
    assert not problems, "\n".join(problems)


def test_the_sign_in_page_has_no_accessibility_violations(page: Page, owner_client: FlaskClient) -> None:
    problems = list(find_problems(page, "/sign-in"))

    assert not problems, "\n".join(problems)
