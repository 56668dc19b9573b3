"""Putting an Order on hold."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.widgets import DateTimeLocalInput

from webapp.domain.errors import InvalidError
from webapp.locales import lazy_gettext as _l


class HoldForm(FlaskForm):
    """`zone`: the IANA name of the clock that `until` is read on."""

    reason = TextAreaField(_l("Reason"))
    until = StringField(_l("Until"), widget=DateTimeLocalInput())

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.reason.flags.required = True

    def instant(self) -> datetime | None:
        """The instant entered, None where none was. Raises InvalidError."""
        text = (self.until.data or "").strip()
        if not text:
            return None
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidError("hold_until_unreadable", field="until", text=text[:40]) from None
        return local if local.tzinfo else local.replace(tzinfo=ZoneInfo(self.zone))
