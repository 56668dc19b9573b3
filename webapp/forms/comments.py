"""A comment on an Order or on one of its documents."""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, TextAreaField

from webapp.forms.choices import choices
from webapp.locales import lazy_gettext as _l


class CommentForm(FlaskForm):
    comment = TextAreaField(_l("Comment"))
    notify = BooleanField(_l("Tell the customer by e-mail"))


class NoteForm(CommentForm):
    """A comment with the word for the Order within its state. `words`: what it can be called, "" its state's own."""

    status = SelectField(_l("Status"), validate_choice=False)

    def __init__(self, *args: Any, words: Mapping[str, str | LazyString], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status.choices = choices(words)
