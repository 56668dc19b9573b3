"""Pages are in the language that each request asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext, lazy_gettext

from tests.support.pages import fields
from webapp.core.i18n import catalogues, locale, page_texts

TEXTS = {
    "Sign out": "Abmelden",
    "Orders": "Bestellungen",
    "%(num)s order": ("%(num)s Bestellung", "%(num)s Bestellungen"),
    "Everything 100%% <b>done</b>": "Alles 100%% <b>fertig</b>",
}


@pytest.fixture
def german(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A desk that knows a few texts in German, and no other language."""
    catalog = Catalog("de")
    for text, translated in TEXTS.items():
        catalog.add((text, "%(num)s orders") if isinstance(translated, tuple) else text, translated)
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.po").open("wb") as file:
        write_po(file, catalog)
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    forget_catalogues()
    yield
    forget_catalogues()


def forget_catalogues() -> None:
    for cached in (catalogues.load_catalogue, catalogues.list_languages, locale.available):
        cached.cache_clear()


@pytest.mark.usefixtures("german")
def test_each_request_is_answered_in_the_language_it_asks_for(owner_client: FlaskClient) -> None:
    for wish, said, lang in [("de-AT", "Abmelden", "de-AT"), ("en", "Sign out", "en"), ("de", "Abmelden", "de")] * 2:
        page = owner_client.get("/orders", headers={"Accept-Language": wish}).text
        assert said in page
        assert f'<html lang="{lang}"' in page


@pytest.mark.usefixtures("german")
def test_a_language_somebody_chooses_is_spoken_at_once(owner_client: FlaskClient) -> None:
    assert "Sign out" in owner_client.get("/orders").text
    owner_client.post("/preferences", data={"language": "de"})
    page = owner_client.get("/orders").text
    assert ">Bestellungen</h1>" in page
    assert "</svg><span>Bestellungen</span></a>" in page
    owner_client.post("/preferences", data={"language": "en"})
    assert ">Orders</h1>" in owner_client.get("/orders").text


@pytest.mark.usefixtures("german")
def test_another_language_within_a_request_is_forgotten_with_its_block(app: Flask) -> None:
    lazy = lazy_gettext("Orders")
    with app.test_request_context(headers={"Accept-Language": "en"}):
        said = [gettext("Orders"), str(lazy), str(locale.current())]
        with force_locale("de"):
            said += [gettext("Orders"), str(lazy), str(locale.current()), render_template_string("{{ _('Orders') }}")]
        said += [gettext("Orders"), str(lazy), str(locale.current()), render_template_string("{{ _('Orders') }}")]
    assert said == [*["Orders"] * 2, "en", *["Bestellungen"] * 2, "de", "Bestellungen", *["Orders"] * 2, "en", "Orders"]


@pytest.mark.usefixtures("german")
def test_texts_may_hold_markup_and_percent_signs_and_values_may_not(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert render_template_string("{{ _('Everything 100%% <b>done</b>') }}") == "Alles 100% <b>fertig</b>"
        assert render_template_string("{{ ngettext('%(num)s order', '%(num)s orders', 2) }}") == "2 Bestellungen"
        assert render_template_string("{{ _('%(who)s', who='<i>') }}") == "&lt;i&gt;"
        assert render_template_string("{{ ngettext('%(num)s of %(who)s', '', 1, who='<i>') }}") == "1 of &lt;i&gt;"


def test_outside_of_a_request_texts_are_english() -> None:
    assert gettext("Orders") == "Orders"
    assert str(locale.current()) == "en"


@pytest.mark.usefixtures("german")
def test_commands_speak_the_language_of_the_terminal(monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(page_texts, "_process_language", "en")
    spoken = []
    for terminal in ("de_AT.UTF-8", "C.UTF-8", "fr_FR.UTF-8"):
        monkeypatch.setenv("LC_ALL", terminal)
        page_texts.use_terminal_language()
        with app.app_context():
            spoken.append((gettext("Orders"), str(locale.lazy_gettext("Orders"))))
    assert spoken == [("Bestellungen", "Bestellungen"), ("Orders", "Orders"), ("Orders", "Orders")]


@pytest.mark.usefixtures("german")
def test_the_language_is_chosen_before_signing_in(app: Flask) -> None:
    client = app.test_client()
    assert '<html lang="de"' in client.get("/sign-in", headers={"Accept-Language": "de"}).text
    page = client.get("/sign-in")
    assert '<button name="language" value="de"' in page.text

    response = client.post("/preferences", data=fields(page) | {"language": "de", "next": "/sign-in"})

    assert (response.status_code, response.location) == (303, "/sign-in")
    assert '<html lang="de"' in client.get("/sign-in").text
