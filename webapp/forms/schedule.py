"""Form of a job's interval."""

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.forms.fields import build_choices

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}


class IntervalForm(FlaskForm):
    interval = IntegerField(_l("Runs every"), [InputRequired(_l("Enter a whole number."))])
    unit = SelectField(
        _l("Unit"), choices=build_choices({"seconds": _l("seconds"), "minutes": _l("minutes"), "hours": _l("hours")})
    )

    @property
    def seconds(self) -> int:
        return int(self.interval.data) * _SECONDS[self.unit.data]

    @classmethod
    def from_seconds(cls, seconds: int) -> "IntervalForm":
        """Create the form filled in, in the largest unit without a fraction."""
        unit = next(name for name in ("hours", "minutes", "seconds") if seconds % _SECONDS[name] == 0)
        return cls(formdata=None, data={"interval": seconds // _SECONDS[unit], "unit": unit})
