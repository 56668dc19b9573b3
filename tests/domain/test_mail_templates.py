"""Templates: values in their places, and lines that are left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import mail_templates
from webapp.domain.errors import InvalidError


def test_a_line_whose_places_are_all_empty_is_left_out_and_no_gap_stays() -> None:
    body = "Hello {{ buyer_name }},\n\nyour parcel:\n\nFollow it: {{tracking}}\n\n{{ comment }}\n\nRegards"
    values = {"buyer_name": "A", "tracking": "", "comment": ""}
    assert mail_templates.write("s", body, values)[1] == "Hello A,\n\nyour parcel:\n\nRegards"


def test_a_line_with_one_value_stays() -> None:
    assert mail_templates.write("s", "{{ a }}-{{ b }}", {"b": "1"})[1] == "-1"


def test_a_value_of_several_lines_is_several_lines_and_one_in_the_subject() -> None:
    assert mail_templates.write("{{ a }}", "{{ a }}", {"a": "x\ny"}) == ("x y", "x\ny")


def test_a_value_that_looks_like_a_place_is_not_filled_in_again() -> None:
    assert mail_templates.write("s", "{{ a }}", {"a": "{{ b }}", "b": "secret"})[1] == "{{ b }}"


@given(st.text(max_size=60))
def test_text_without_braces_is_always_right_and_comes_out_as_it_went_in(body: str) -> None:
    body = "x" + body.replace("{", "").replace("}", "").replace("\n", "")
    mail_templates.check("free", "s", body)
    assert mail_templates.write("s", body, {})[1] == body.rstrip()


@pytest.mark.parametrize("text", ["{{", "}}", "{{ a b }}", "{{ order_number | upper }}", "{{}}"])
def test_braces_that_are_no_place_are_refused(text: str) -> None:
    with pytest.raises(InvalidError) as found:
        mail_templates.check("free", "s", f"one\n{text}")
    assert (found.value.code, found.value.arguments["line"]) == ("template_braces", 2)
