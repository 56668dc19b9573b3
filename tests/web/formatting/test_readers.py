"""Who reads is looked up once a request, and nobody is shown what was drawn for somebody else."""

from flask import Flask
from flask_babel import force_locale

from webapp.web.formatting import html as html_format
from webapp.web.formatting.readers import reader


def test_under_another_path_addresses_begin_with_it(app: Flask) -> None:
    for root in ("", "/under", ""):
        with app.app_context(), app.test_request_context("/orders", base_url=f"http://localhost{root}"):
            assert f'href="{root}/static/icons.svg?v=' in html_format.icon("check")


def test_a_reader_stays_the_same_all_through_and_in_the_next_request(app: Flask) -> None:
    with app.app_context(), app.test_request_context(headers={"Accept-Language": "en"}):
        first = reader()
        assert reader() is first
        with force_locale("de"):
            assert str(reader().locale) == "de"
        assert reader() is first
    with app.app_context(), app.test_request_context(headers={"Accept-Language": "en"}):
        assert reader() is first
    with app.app_context(), app.test_request_context(headers={"Accept-Language": "en-GB"}):
        assert str(reader().locale) == "en_GB"


def test_outside_of_everything_somebody_reads_english() -> None:
    assert str(reader().locale) == "en"
