"""A real Chromium against a real server on a free port. Anything the browser complains of fails the test."""

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from redis import Redis
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from simulator.state.sellers import DEMO_EU
from tests.security.test_pages_change_nothing import values  # noqa: F401 - a fixture
from tests.support import user_accounts
from tests.support.factories import NOW, a_store, an_account, an_item, an_order
from tests.support.running_app import RunningApp, run_app
from tests.support.simulator_server import AmazonServer
from webapp.domain.amazon.types import Address, Buyer
from webapp.services.sync.importing import import_page

# Nothing leaves the machine: neither updates nor field trials nor speculative connections.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Generous, so that a busy machine fails no test: a limit only expires when the event never comes.
expect.set_options(timeout=60_000)
# A desk for impatient people.
QUICK = {"CHANNELDESK_SYNC_INTERVAL": "2", "CHANNELDESK_UNDO_SECONDS": "2", "CHANNELDESK_FEED_INTERVAL": "1"}
# Of somebody with an awkward name.
LONG = "Bartholomäus von und zu " + "Donaudampfschifffahrtsgesellschaft" * 3
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((found for found in map(shutil.which, NAMES) if found), None)
    if path is None:
        pytest.skip("There is no Chromium here: install one, for instance with apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application, served: `http://127.0.0.1:port`."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def wait_for_swap(page: Page, path: str) -> Iterator[None]:
    """Leave the block once HTMX has swapped in and settled the response to a request for `path`.

    The response alone is not enough: what is typed between it and the swap is replaced.
    """
    page.evaluate(
        """path => { window.swapSettled = new Promise(resolve => {
            document.addEventListener("htmx:afterSettle", event => {
                if (event.detail.requestConfig?.path === path) resolve();
            });
        }); }""",
        path,
    )
    yield
    page.evaluate("() => window.swapSettled")


class Complaints(list[str]):
    """What the browser said was wrong: errors of scripts, violations of the policy, failed requests."""

    def expect(self, words: str) -> None:
        """Take out the one complaint a test provokes on purpose."""
        found = next(complaint for complaint in self if words in complaint)
        self.remove(found)


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def context(chromium: Browser, address: str, complaints: Complaints) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(60_000)

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A browser nobody is signed in with."""
    return context.new_page()


@pytest.fixture
def owner_page(app: Flask, address: str, context: BrowserContext) -> Page:
    """The owner's browser, signed in."""
    cookie = user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER).get_cookie(app.session_interface.name)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    return context.new_page()


@pytest.fixture
def screenshots(tmp_path: Path) -> "Screenshots":
    return Screenshots(tmp_path)


class Screenshots:
    """Pictures of a page as a person may see it: by day, by night, and on a telephone."""

    LOOKS = (("light", 1280), ("dark", 1280), ("light", 390))

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, page: Page, name: str) -> list[Path]:
        """Three whole-page pictures, `name-light-1280.png` and so on."""
        return [self._take(page, name, scheme, width) for scheme, width in self.LOOKS]

    def _take(self, page: Page, name: str, scheme: str, width: int) -> Path:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        path = self.folder / f"{name}-{scheme}-{width}.png"
        page.screenshot(path=path, full_page=True)
        return path


@pytest.fixture
def running_app(tmp_path: Path, amazon: AmazonServer) -> Iterator[RunningApp]:
    with run_app(tmp_path / "data", environ=QUICK) as running_app:
        yield running_app


@pytest.fixture
def visitor(chromium: Browser, running_app: RunningApp, complaints: Complaints) -> Iterator[Page]:
    """A browser that opens the real desk; whatever it complains of fails the test."""
    context = chromium.new_context(base_url=f"http://127.0.0.1:{running_app.port}", locale="en-US")
    context.set_default_timeout(60_000)
    context.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert complaints == []


def come_in(page: Page, running_app: RunningApp) -> None:
    match = re.search(r"http://127\.0\.0\.1:\d+/sign-in/\S+", running_app.log.read_text())
    assert match is not None
    page.goto(match[0])
    page.get_by_label("E-mail address").fill("owner@desk.example")
    page.get_by_label("New password").fill("a long enough Password 1")
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def connect(page: Page, amazon: AmazonServer) -> None:
    page.get_by_role("link", name="Connect an account").first.click()
    keys = DEMO_EU.credentials(amazon.url)
    page.get_by_label("Name", exact=False).first.fill("Desk")
    page.get_by_label("Region").select_option("EU")
    for label, name in (("Seller ID", "seller_id"), ("LWA client ID", "client_id"), ("Refresh token", "refresh_token")):
        page.get_by_label(label).fill(str(keys[name]))
    page.get_by_label("LWA client secret").fill(str(keys["client_secret"]))
    page.get_by_text("Advanced").click()
    page.get_by_label("Endpoint").fill(str(keys["endpoint"]))
    page.get_by_label("Token URL").fill(str(keys["token_url"]))
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("checkbox", name="Germany")).to_be_checked()
    page.get_by_label("The last 30 days").check()
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_role("link", name="View store").first.click()
    expect(page).to_have_url(re.compile("/stores/desk-de$"))


@pytest.fixture
def two_orders(session: Session, job_queue: Redis) -> None:
    """100001: two pieces and one, not invoiced. 100002: of somebody with an awkward name, who bought something long."""
    account = an_account(session)
    a_store(account).auto_invoice = False
    session.commit()
    items = (an_item(1, quantity=2), an_item(2, quantity=1))
    awkward = {"buyer": Buyer(LONG), "recipient": Address(name=LONG, line1="川霧" * 40, city=LONG, country_code="JP")}
    amazon_orders = [
        an_order(1, items=items),
        an_order(2, items=(an_item(3, title=LONG * 2, sku="S" * 40),), **awkward),
    ]
    import_page.import_page(session, account.id, amazon_orders, now=NOW, actor="amazon")
    session.commit()
