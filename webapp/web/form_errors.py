"""Saying on a form what a verb would not take."""

from flask_wtf import FlaskForm

from webapp.domain.errors import InvalidError
from webapp.messages import text_for


def add_error(form: FlaskForm, error: InvalidError, otherwise: str = "") -> None:
    """Put the error's sentence under its field, which the sentence calls as the form does.

    One about no field of this form stands under the field `otherwise`, or is raised on: the page of errors says it.
    """
    name = error.field if error.field in form else otherwise
    if not name:
        raise error
    field, arguments = form[name], error.arguments
    if arguments.get("name") == error.field:
        arguments = {**arguments, "name": field.label.text}
    field.errors = [text_for(error.code, arguments)]
