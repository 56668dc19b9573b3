"""What a store's documents say of the seller."""

from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField, TextAreaField

from webapp.domain.languages import LANGUAGES
from webapp.locales import lazy_gettext as _l


class DocumentSettingsForm(FlaskForm):
    """One field a row of `domain.document_settings`."""

    language = SelectField(
        _l("Language"), choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()], validate_choice=False
    )
    documents_sender = TextAreaField(_l("Sender"), render_kw={"rows": 4})
    documents_tax_number = StringField(_l("Tax number"))
    documents_footer = TextAreaField(_l("Footer"), render_kw={"rows": 3})
