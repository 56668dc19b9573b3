"""Form of pasted or uploaded tracking numbers."""

from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import TextAreaField

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.errors import InvalidError
from webapp.domain.shipping.tracking.text import MAX_FILE_BYTES, decode_file

_LONGEST_NAME = 60
_MB = 1024 * 1024


class TrackingForm(FlaskForm):
    text = TextAreaField(_l("Paste here"), render_kw={"rows": 9, "spellcheck": "false", "autocomplete": "off"})
    files = MultipleFileField(_l("Or drop files"))

    def texts(self) -> list[tuple[str, str]]:
        """Return (name, text) of each submitted text; a pasted one has no name. Raises InvalidError."""
        named_texts = [("", self.text.data)] if (self.text.data or "").strip() else []
        read = len((self.text.data or "").encode())
        for file in self.files.data or []:
            if getattr(file, "filename", ""):
                raw = file.stream.read(MAX_FILE_BYTES + 1)
                read += len(raw)
                name = file.filename[:_LONGEST_NAME]
                named_texts.append((name, decode_file(name, raw)))
            if read > MAX_FILE_BYTES:
                raise InvalidError(
                    "sheet_too_large", field="files", name=_l("What was sent"), most=MAX_FILE_BYTES // _MB
                )
        if read > MAX_FILE_BYTES:
            raise InvalidError("sheet_too_large", field="text", name=_l("What was sent"), most=MAX_FILE_BYTES // _MB)
        return named_texts or [("", "")]
