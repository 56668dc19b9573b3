"""Tracking numbers as they are pasted or dropped."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import TextAreaField

from webapp.domain.errors import InvalidError
from webapp.domain.tracking_sheets import LARGEST, decode

# How a workbook begins, whatever its name says: it is a ZIP file, or the older format of Microsoft's.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_LONGEST_NAME = 60
_MB = 1024 * 1024


class TrackingForm(FlaskForm):
    text = TextAreaField(_l("Paste here"), render_kw={"rows": 9, "spellcheck": "false", "autocomplete": "off"})
    files = MultipleFileField(_l("Or drop files"))

    def texts(self) -> list[tuple[str, str]]:
        """(name, text) of what was sent; the pasted one has no name. Raises InvalidError."""
        found = [("", self.text.data)] if (self.text.data or "").strip() else []
        read = len((self.text.data or "").encode())
        for file in self.files.data or []:
            if getattr(file, "filename", ""):
                raw = file.stream.read(LARGEST + 1)
                read += len(raw)
                name = file.filename[:_LONGEST_NAME]
                if raw.startswith(_WORKBOOKS):
                    raise InvalidError("sheet_not_text", field="files", name=name)
                found.append((name, decode(raw)))
            if read > LARGEST:
                raise InvalidError("sheet_too_large", field="files", name=_l("What was sent"), most=LARGEST // _MB)
        if read > LARGEST:
            raise InvalidError("sheet_too_large", field="text", name=_l("What was sent"), most=LARGEST // _MB)
        return found or [("", "")]
