"""HTML fragments of values: in the locale of the request, under the script root, with values escaped."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale
from markupsafe import Markup, escape

from webapp.web.formatting import html as html_format

HOSTILE = "<script>'%s' & \"%(x)s\"</script>"
AT = datetime(2025, 7, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def test_values_are_escaped() -> None:
    drawn = [
        html_format.buyer_name(HOSTILE, True),
        html_format.order_link(HOSTILE, HOSTILE),
        html_format.badge(HOSTILE, HOSTILE),
        html_format.flag(HOSTILE),
        html_format.icon("check", HOSTILE, HOSTILE),
        html_format.status("order_state", HOSTILE),
        html_format.status("order_state", "new", HOSTILE),
    ]
    for piece in drawn:
        assert type(piece) is Markup
        assert escape(HOSTILE) in piece
        assert "<script" not in piece
    assert html_format.secret("<x> &y") == html_format.secret("<b> &c")
    assert "&lt;••• &amp;•••" in html_format.secret("<x> &y")


def test_markup_stays_markup_and_the_same_letters_do_not_become_it() -> None:
    assert "><b>x</b><" in html_format.badge(Markup("<b>x</b>"))
    assert "<b>" not in html_format.badge("<b>x</b>")
    assert "<b>" not in html_format.buyer_name("<b>x</b>", True)


def test_a_name_is_shown_to_who_may_see_it_alone() -> None:
    assert html_format.buyer_name("Ada Byron", True) == "<bdi>Ada Byron</bdi>"
    masked = '<span class="secret" title="Hidden: you do not have permission to see buyers&#39; data.">A••• B•••</span>'
    assert html_format.buyer_name("Ada Byron", False) == html_format.secret("Ada Byron") == masked


def test_what_is_not_there_is_a_dash() -> None:
    dash = '<span class="nothing" title="Not known">–</span>'
    drawn = [
        html_format.amount(None),
        html_format.amount_of(None, "EUR"),
        html_format.amount_of(1, None),
        html_format.moment(None),
        html_format.age(None),
        html_format.buyer_name(None, True),
        html_format.buyer_name("", False),
        html_format.secret(None),
    ]
    assert drawn == [dash] * len(drawn)


def test_each_reader_gets_their_own() -> None:
    shown = "{{ html.moment(at, 'Europe/Berlin') }}{{ html.amount_of(123450, 'EUR') }}{{ html.flag('DE') }}"
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


def test_addresses_of_icons_begin_with_the_script_root(app: Flask) -> None:
    for root in ("", "/under", ""):
        with app.app_context(), app.test_request_context("/orders", base_url=f"http://localhost{root}"):
            assert f'href="{root}/static/icons.svg?v=' in html_format.icon("check")
