"""A comment on an Order or on one of its documents."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField


class CommentForm(FlaskForm):
    comment = TextAreaField(_l("Comment"))
    notify = BooleanField(_l("Tell the customer by e-mail"))
