"""Forms of a store's settings, and the confirmation of its deletion."""

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.common.languages import LANGUAGES
from webapp.forms.fields import build_choices

ON_OFF = build_choices({"enabled": _l("Enabled"), "disabled": _l("Disabled")})


class OrderSettingsForm(FlaskForm):
    """A field per row of `domain.store_settings`, with the same name and values."""

    import_orders = RadioField(_l("Import Amazon orders"), choices=ON_OFF)
    customer_creation = RadioField(
        _l("Customer creation"),
        choices=build_choices({"guest": _l("No customer account (guest)"), "account": _l("Create a customer account")}),
    )
    order_number_source = RadioField(
        _l("Order number source"),
        choices=build_choices({"own": _l("Channeldesk's own order number"), "amazon": _l("Amazon's order number")}),
    )
    pending_orders = RadioField(
        _l("Pending orders"),
        choices=build_choices({"reserve": _l("Reserve quantity"), "do_not_reserve": _l("Do not reserve quantity")}),
    )
    order_status = RadioField(
        _l("Order status"),
        choices=build_choices({"default": _l("Default order status"), "custom": _l("Custom order status")}),
    )
    processing_status = StringField(_l("Processing order status"))
    auto_invoice = RadioField(_l("Invoice at import"), choices=ON_OFF)
    upload_invoices = RadioField(_l("Upload invoices to Amazon"), choices=ON_OFF)
    vat_calculation_service = RadioField(_l("Amazon's VAT Calculation Service"), choices=ON_OFF)
    order_mails = RadioField(_l("Order confirmation by e-mail"), choices=ON_OFF)
    unready_products = RadioField(
        _l("Products that are unknown, disabled or out of stock"),
        choices=build_choices({"create": _l("Create the order and flag the product"), "block": _l("Hold import")}),
    )


class DeleteStoreForm(FlaskForm):
    typed_name = StringField(_l("Name of the store"))


class DocumentSettingsForm(FlaskForm):
    """A field per row of `domain.document_settings`."""

    language = SelectField(
        _l("Language"), choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()], validate_choice=False
    )
    documents_sender = TextAreaField(_l("Sender"), render_kw={"rows": 4})
    documents_tax_number = StringField(_l("Tax number"))
    documents_footer = TextAreaField(_l("Footer"), render_kw={"rows": 3})
