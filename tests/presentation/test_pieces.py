"""Pieces that are drawn once: in the language of who reads, under the path of the desk, and with values escaped."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale
from markupsafe import Markup, escape

from webapp.presentation import pieces

HOSTILE = "<script>'%s' & \"%(x)s\"</script>"
AT = datetime(2025, 7, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def test_values_are_escaped() -> None:
    drawn = [
        pieces.person(HOSTILE, True),
        pieces.linked(HOSTILE, HOSTILE),
        pieces.badge(HOSTILE, HOSTILE),
        pieces.flag(HOSTILE),
        pieces.icon("check", HOSTILE, HOSTILE),
        pieces.status("order_state", HOSTILE),
        pieces.status("order_state", "new", HOSTILE),
    ]
    for piece in drawn:
        assert type(piece) is Markup
        assert escape(HOSTILE) in piece
        assert "<script" not in piece
    assert pieces.secret("<x> &y") == pieces.secret("<b> &c")
    assert "&lt;••• &amp;•••" in pieces.secret("<x> &y")


def test_markup_stays_markup_and_the_same_letters_do_not_become_it() -> None:
    assert "><b>x</b><" in pieces.badge(Markup("<b>x</b>"))
    assert "<b>" not in pieces.badge("<b>x</b>")
    assert "<b>" not in pieces.person("<b>x</b>", True)


def test_a_name_is_shown_to_who_may_see_it_alone() -> None:
    assert pieces.person("Ada Byron", True) == "<bdi>Ada Byron</bdi>"
    masked = '<span class="secret" title="Hidden: buyer data is shown to people who may see it.">A••• B•••</span>'
    assert pieces.person("Ada Byron", False) == pieces.secret("Ada Byron") == masked


def test_what_is_not_there_is_a_dash() -> None:
    dash = '<span class="nothing" title="Not known">–</span>'
    drawn = [
        pieces.amount(None),
        pieces.amount_of(None, "EUR"),
        pieces.amount_of(1, None),
        pieces.moment(None),
        pieces.age(None),
        pieces.person(None, True),
        pieces.person("", False),
        pieces.secret(None),
    ]
    assert drawn == [dash] * len(drawn)


def test_each_reader_gets_their_own() -> None:
    shown = "{{ pieces.moment(at, 'Europe/Berlin') }}{{ pieces.amount_of(123450, 'EUR') }}{{ pieces.flag('DE') }}"
    english = render_template_string(shown, at=AT)
    with force_locale("de"):
        german = render_template_string(shown, at=AT)
    assert english == render_template_string(shown, at=AT)
    assert (
        '<time class="moment" datetime="2025-07-01T12:00:30+00:00" title="01.07.2025, 14:00:30 CEST">'
        '1. Juli 2025, 14:00</time><span class="amount">1.234,50\xa0€</span>' in german
    )
    assert 'title="Deutschland"' in german
    assert "€1,234.50" in english
    assert 'title="Germany"' in english
