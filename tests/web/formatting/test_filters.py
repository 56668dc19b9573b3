"""How values look, in the reader's language and on the marketplace's clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask, render_template_string
from flask_babel import force_locale
from jinja2 import UndefinedError

from webapp.core.i18n import locale as i18n_locale
from webapp.domain.amazon.types import Address
from webapp.domain.common.marketplaces import MARKETPLACES
from webapp.domain.common.money import Money
from webapp.messages import status_labels
from webapp.web import formatting

NOON = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)
# What Babel puts before AM and PM, and between an amount and its sign.
NARROW, HARD = "\u202f", "\xa0"


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def test_money_is_written_as_the_language_does(app: Flask) -> None:
    for amount, currency, locale, shown in [
        (123450, "EUR", "en", "€1,234.50"),
        (123450, "EUR", "de", f"1.234,50{HARD}€"),
        (5980, "JPY", "en", "¥5,980"),
        (-250, "GBP", "en", "-£2.50"),
        (99, "SEK", "sv", f"0,99{HARD}kr"),
        (1307837, "SEK", "en", f"SEK{HARD}13,078.37"),
        (-1307837, "PLN", "zh_Hans_CN", f"-PLN{HARD}13,078.37"),
        (1307837, "CAD", "en", "CA$13,078.37"),
    ]:
        with force_locale(locale):
            assert formatting.money(Money(amount, currency)) == shown, (amount, currency, locale, shown)


def test_an_instant_is_shown_on_the_marketplaces_clock(app: Flask) -> None:
    for zone, form, shown in [
        ("Europe/Berlin", "short", f"Jul 1, 2:00{NARROW}PM"),
        ("Asia/Tokyo", "zoned", f"Jul 1, 2026, 9:00{NARROW}PM JST"),
        ("America/Los_Angeles", "full", f"Jul 1, 2026, 5:00:30{NARROW}AM PDT"),
        ("America/Sao_Paulo", "zoned", f"Jul 1, 2026, 9:00{NARROW}AM UTC-03"),
    ]:
        assert formatting.moment(NOON, zone, form) == shown, (zone, form, shown)


def test_an_instant_reads_in_the_readers_language(app: Flask) -> None:
    with force_locale("de"):
        assert formatting.moment(NOON, "Europe/Berlin", "zoned") == "01.07.2026, 14:00 CEST"
        assert formatting.moment(NOON, "Europe/Berlin") == "1. Juli, 14:00"


def test_a_day_of_another_year_names_the_year(app: Flask) -> None:
    assert formatting.day(date(2026, 11, 21)) == "Nov 21"
    assert formatting.day(date(2025, 11, 21)) == "Nov 21, 2025"


def test_an_age_counts_whole_units(app: Flask) -> None:
    for distance, shown in [
        (timedelta(), "1 second ago"),
        (timedelta(seconds=-59), "59 seconds ago"),
        (timedelta(minutes=-55), "55 minutes ago"),
        (timedelta(hours=2), "in 2 hours"),
        (timedelta(days=-3), "3 days ago"),
    ]:
        assert formatting.age(NOON + distance) == shown, (distance, shown)


def test_a_masked_text_shows_first_letters_only(app: Flask) -> None:
    assert formatting.masked("Käuferin  aus Köln") == "K••• a••• K•••"
    assert formatting.masked("") == ""


STREET = {"name": "Buyer", "line1": "1 Street", "city": "City", "region": "RG", "postal_code": "12345"}


def test_an_address_stands_in_its_countrys_order(app: Flask) -> None:
    for country, lines in [
        ("DE", ["Buyer", "1 Street", "12345 City", "RG", "Germany"]),
        ("US", ["Buyer", "1 Street", "City, RG 12345", "United States"]),
        ("GB", ["Buyer", "1 Street", "City", "RG", "12345", "United Kingdom"]),
        ("JP", ["Buyer", "〒12345", "RGCity", "1 Street", "Japan"]),
        (None, ["Buyer", "1 Street", "12345 City", "RG"]),
        ("XQ", ["Buyer", "1 Street", "12345 City", "RG", "XQ"]),
    ]:
        assert formatting.address_lines(Address(**STREET, country_code=country)) == lines, (country, lines)


def test_an_empty_address_of_any_marketplace_has_no_empty_line(app: Flask) -> None:
    for code in [marketplace.country_code for marketplace in MARKETPLACES]:
        assert formatting.address_lines(Address(country_code=code)) == [formatting.country_name(code)], code


def test_an_unknown_status_is_shown_as_it_came(app: Flask) -> None:
    assert status_labels.label("amazon_status", "RETURN_IN_TRANSIT") == ("RETURN_IN_TRANSIT", "quiet", "point")


def test_a_name_a_template_mistypes_is_an_error(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(UndefinedError):
        render_template_string("{{ ordr.number }}")


def test_the_browsers_wish_decides_the_locale(app: Flask) -> None:
    for wish, chosen in [
        ("en-GB,en;q=0.8", "en_GB"),
        ("xx,en-US", "en_US"),
        ("tlh", "en"),
        ("", "en"),
        ("*", "en"),
        ("en-!!", "en"),
    ]:
        with app.test_request_context(headers={"Accept-Language": wish}):
            assert str(i18n_locale.select_locale()) == chosen, (wish, chosen)


def test_the_persons_own_choice_goes_before_the_browsers(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en-GB", "Cookie": "language=en_US"}):
        assert str(i18n_locale.select_locale()) == "en_US"
    with app.test_request_context(headers={"Accept-Language": "en-GB", "Cookie": "language=../../etc"}):
        assert str(i18n_locale.select_locale()) == "en_GB"
