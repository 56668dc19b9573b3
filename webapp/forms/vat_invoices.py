"""The form that uploads an invoice or credit note to Amazon."""

from flask_wtf import FlaskForm
from wtforms import StringField

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.queries.invoicing.vat_invoices import Reference

_LABELS = {"transaction_id": _l("Transaction ID"), "shipping_id": _l("Shipping ID")}


class UploadForm(FlaskForm):
    """`reference_id`: the id of Amazon's that the document needs."""

    reference_id = StringField(_l("Amazon's ID"))

    def name_reference(self, reference: Reference) -> None:
        """Label the field as Amazon names the id, and fill it with the one in Amazon's payments."""
        self.reference_id.label.text = _LABELS[reference.name]
        if not self.is_submitted():
            self.reference_id.data = reference.value or ""
