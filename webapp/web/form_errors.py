"""Show errors of services on forms."""

from flask_wtf import FlaskForm

from webapp.domain.errors import InvalidError
from webapp.messages import text_for


def add_error(form: FlaskForm, error: InvalidError, otherwise: str = "") -> None:
    """Add the error's message to its field; the message uses the field's label.

    An error of no field of this form is added to the field `otherwise`, or raised again when that is empty.
    """
    name = error.field if error.field in form else otherwise
    if not name:
        raise error
    field, arguments = form[name], error.arguments
    if arguments.get("name") == error.field:
        arguments = {**arguments, "name": field.label.text}
    field.errors = [text_for(error.code, arguments)]
