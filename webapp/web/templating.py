"""Jinja as every page uses it: a page calls a thousand macros and functions, says two hundred texts and writes
thousands of values.

What is here changes no page, only what each of them costs: Jinja looks at every callable anew, whether it wants to be
handed the context; it wraps each value it has escaped into a `Markup` that nothing looks at, since all are joined at
once; and translating asks Flask three times for what is the same all through a request.
"""

from collections.abc import MutableMapping
from functools import lru_cache
from gettext import NullTranslations
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from flask import Flask, templating
from jinja2 import nodes, runtime
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, _escape_inner, escape

from webapp.core.i18n import locale

# Calling one of these is calling what it is: no `__call__` of its own could ask for the context.
_PLAIN = frozenset({FunctionType, MethodType, BuiltinFunctionType, type(lru_cache(lambda: None))})


class Context(runtime.Context):
    """Calls what templates call as Jinja's own does, without asking each time what the type already says."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        kind = type(called)
        if kind is runtime.Macro:
            args = (self.eval_ctx, *args)
        elif kind not in _PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, **kwargs)
        if kwargs:
            # Where the call stands in a loop or a block, Jinja says its variables, for who wants the context.
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
        try:
            return called(*args, **kwargs)
        except StopIteration:
            return self.environment.undefined("value was undefined because a callable raised a StopIteration exception")


class Code(CodeGenerator):
    """What templates are compiled to: Jinja's own, but for how values are written."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja names it
        self.writeline(f"from {__name__} import written")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("written(")
        else:
            super()._output_child_pre(node, frame, finalize)


def written(value: Any) -> str:
    """`markupsafe.escape` for what is only joined: text that is safe, but not marked as such."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    return value if kind is Markup else escape(value)


class Environment(templating.Environment):
    """Flask's, with these."""

    context_class = Context
    code_generator_class = Code

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # Jinja chains a template's own names to the environment's, and copies and compares that chain at each import.
        return super().make_globals(d) if d else self.globals


def init_app(app: Flask) -> None:
    """Call it after Flask-Babel, whose functions for templates it replaces."""
    app.jinja_env.globals.update(_=gettext, gettext=gettext, ngettext=ngettext)


def gettext(text: str, /, **variables: Any) -> Markup:
    """The text in the reader's language. It may hold markup; the variables are escaped."""
    catalogue = locale.translations()
    return _translated(catalogue, text) % variables if variables else _plain(catalogue, text)


def ngettext(singular: str, plural: str, count: int, /, **variables: Any) -> Markup:
    """The same of a text that depends on how many there are, which it may say as `num`."""
    text = locale.translations().ungettext(singular, plural, count)
    return Markup(text) % {"num": count, **variables}  # noqa: S704 - texts are ours


# The texts are the sources' own; only who made templates of them could bring more.
@lru_cache(maxsize=4096)
def _translated(catalogue: NullTranslations, text: str) -> Markup:
    return Markup(catalogue.gettext(text))  # noqa: S704 - texts are ours


@lru_cache(maxsize=4096)
def _plain(catalogue: NullTranslations, text: str) -> Markup:
    # A percent sign is written twice in every text, with and without variables.
    return _translated(catalogue, text) % {}
