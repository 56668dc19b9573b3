"""Templates: values in their places, and lines that are left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import InvalidError
from webapp.domain.mail import templates as mail_templates


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
    with pytest.raises(InvalidError) as raised:
        mail_templates.check("free", "s", f"one\n{text}")
    assert (raised.value.code, raised.value.arguments["line"]) == ("template_braces", 2)


@pytest.mark.parametrize(
    ("kind", "subject", "body", "code", "field", "arguments"),
    [
        ("comment", " ", "{{ comment }}", "mail_subject_required", "subject", {}),
        ("comment", "News", " \n", "mail_body_required", "body", {}),
        # A mail that brings a note has to have room for it.
        ("comment", "News", "Hello", "template_place_missing", "body", {"place": "{{ comment }}"}),
        (
            "order",
            "{{ Buyer_nam }}",
            "Hello",
            "template_place_close",
            "subject",
            {"line": 1, "place": "Buyer_nam", "close": "buyer_name"},
        ),
        ("order", "News", "Hello\n{{ zzz }}", "template_place_unknown", "body", {"line": 2, "place": "zzz"}),
    ],
)
def test_a_template_that_cannot_be_written_out_is_refused_where_it_is_wrong(
    kind: str, subject: str, body: str, code: str, field: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(InvalidError) as refused:
        mail_templates.check(kind, subject, body)
    assert (refused.value.code, refused.value.field, refused.value.arguments) == (code, field, arguments)
