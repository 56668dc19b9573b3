"""What templates are compiled to here says the same as what Jinja makes of them itself."""

from typing import Any

import pytest
from flask_babel import lazy_gettext
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined, UndefinedError, pass_context, pass_eval_context
from markupsafe import Markup, escape

from webapp.web.templating import Code, Context, written

HOSTILE = "<script>alert(\"1\" & '2')</script>"


def environments() -> list[Environment]:
    """(ours, Jinja's own)"""
    ours, own = (Environment(autoescape=True, undefined=StrictUndefined) for _ in range(2))
    ours.code_generator_class, ours.context_class = Code, Context
    return [ours, own]


@given(st.one_of(st.text(), st.text().map(Markup), st.integers(), st.none(), st.floats(), st.lists(st.text())))
def test_a_value_is_escaped_as_ever(value: Any) -> None:
    assert written(value) == escape(value)


def test_what_knows_its_markup_is_asked_for_it() -> None:
    class Piece:
        def __html__(self) -> str:
            return "<b>"

    class Text(str):
        __slots__ = ()

    assert written(Piece()) == "<b>"
    assert written(Text(HOSTILE)) == escape(HOSTILE)
    assert written(lazy_gettext(HOSTILE)) == escape(lazy_gettext(HOSTILE))
    with pytest.raises(UndefinedError):
        written(StrictUndefined(name="missing"))


@pytest.mark.parametrize(
    "template",
    [
        "{{ hostile }}{{ hostile | upper }}{{ hostile ~ '<' }}{{ '<i>' | safe }}{{ 7 }}{{ none }}",
        "{% macro box(x, y='<') %}<p>{{ x }}{{ y }}</p>{% endmacro %}{{ box(hostile) }}{{ box(box(1), y=hostile) }}",
        "{% macro frame() %}<p>{{ caller(hostile) }}</p>{% endmacro %}{% call(x) frame() %}{{ x }}<br>{% endcall %}",
        "{% set kept %}<b>{{ hostile }}</b>{% endset %}{{ kept }}{{ kept | length }}",
        "{% for x in [hostile, 2] %}{{ loop.index }}{{ told(x) }}{{ known(x) }}{% endfor %}{{ range(2) | list }}",
        "{% autoescape false %}{{ hostile }}{{ safely(hostile) }}{% endautoescape %}{{ safely(hostile) }}",
        "{% set ns = namespace(n=hostile) %}{{ dict(a=ns.n).a }}{{ cycler(hostile, 2).next() }}{{ hostile.upper() }}",
        "{% filter upper %}<b>{{ hostile }}</b>{% endfilter %}",
    ],
)
def test_a_page_reads_the_same(template: str) -> None:
    @pass_context
    def known(context: Any, value: Any) -> str:
        return f"{context['hostile']}{value}"

    @pass_eval_context
    def safely(eval_ctx: Any, value: Any) -> Any:
        return Markup(value) if eval_ctx.autoescape else value

    def told(value: Any, **more: Any) -> str:
        return f"{value}{more}"

    given_values = {"hostile": HOSTILE, "known": known, "safely": safely, "told": told}
    ours, own = (env.from_string(template).render(**given_values) for env in environments())
    assert ours == own
