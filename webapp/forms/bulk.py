"""Forms of bulk actions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import DateTimeLocalInput

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.common import local_days

# Where it is still yesterday longest.
_LAST_ZONE = timedelta(hours=12)
_LONGEST = 5000


class MomentField(StringField):
    """A local date and time without a zone: `2026-12-24T18:00`."""

    widget = DateTimeLocalInput()


class NothingForm(FlaskForm):
    """A bulk action that needs only confirmation."""

    def args(self) -> dict[str, Any]:
        return {}


class HoldManyForm(FlaskForm):
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Enter a reason for the hold.")), Length(max=_LONGEST)],
        render_kw={"rows": 3},
    )
    until = MomentField(_l("Until"), [Optional()])

    def args(self) -> dict[str, Any]:
        return {"reason": self.reason.data, "until": self.until.data or ""}

    def validate_reason(self, field: Field) -> None:
        if not field.data.strip():
            raise ValidationError(_("Enter a reason for the hold."))

    def validate_until(self, field: Field) -> None:
        try:
            until = datetime.fromisoformat(field.data)
        except ValueError:
            raise ValidationError(_("Enter a time as 2026-12-24 18:00.")) from None
        if until.tzinfo is not None:
            raise ValidationError(_("Enter a time as 2026-12-24 18:00."))
        if until.year > local_days.LAST_YEAR:
            raise ValidationError(
                _("Choose a time before the end of %(year)s, or leave this empty.", year=local_days.LAST_YEAR)
            )
        if until.replace(tzinfo=UTC) + _LAST_ZONE <= datetime.now(UTC):
            raise ValidationError(_("This time is in the past. Choose a later time, or leave this empty."))
