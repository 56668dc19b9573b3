"""Forms for products: the filters of the grid, a product, its stock, a file."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.errors import InvalidError
from webapp.domain.products import csv_import as product_csv
from webapp.domain.products.csv_import import Entry
from webapp.forms.fields import build_choices
from webapp.forms.filters import ChoiceField, Filters, SwitchField, WordsField
from webapp.models.accounts import Account
from webapp.models.products import Product
from webapp.queries.products.products import LOW, OUT, OVERSOLD


class ProductFilters(Filters):
    q = WordsField(_l("Keyword"))
    account = ChoiceField(_l("Account"))
    stock = ChoiceField(
        _l("Stock"),
        choices=[
            SelectChoice("", _l("All")),
            SelectChoice(OVERSOLD, _l("Oversold")),
            SelectChoice(OUT, _l("None available")),
            SelectChoice(LOW, _l("%(most)s or fewer available", most=product_csv.LOW)),
        ],
    )
    enabled = ChoiceField(
        _l("Enabled"),
        choices=[SelectChoice("", _l("All")), SelectChoice("yes", _l("Enabled")), SelectChoice("no", _l("Disabled"))],
    )
    flagged = SwitchField(_l("Needs review"))

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account.choices = [SelectChoice("", _("All")), *_list_accounts(accounts)]


class ProductForm(FlaskForm):
    """An existing product: everything but its stock."""

    title = StringField(_l("Title"))
    asin = StringField(_l("ASIN"))
    enabled = BooleanField(_l("Enabled"))
    manage_stock = BooleanField(_l("Track stock"))
    version = HiddenField()

    def entry(self) -> Entry:
        return Entry(
            "", self.title.data or "", self.asin.data or "", bool(self.enabled.data), bool(self.manage_stock.data)
        )

    def expected_version(self) -> int | None:
        """Return the product version the page showed; for a forged page, one that never exists."""
        text = self.version.data or ""
        if not text:
            return None
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1

    @classmethod
    def from_product(cls, product: Product) -> "ProductForm":
        return cls(formdata=None, obj=product)


class NewProductForm(FlaskForm):
    account = SelectField(_l("Account"))
    sku = StringField(_l("SKU"))
    title = StringField(_l("Title"))
    asin = StringField(_l("ASIN"))
    enabled = BooleanField(_l("Enabled"), default=True)
    quantity = StringField(_l("Quantity on hand"))

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account.choices = _list_accounts(accounts)

    def entry(self) -> Entry:
        """Return the entered product. Raises InvalidError for an invalid quantity."""
        text = (self.quantity.data or "").strip()
        return Entry(
            self.sku.data or "",
            self.title.data or "",
            self.asin.data or "",
            bool(self.enabled.data),
            None,
            product_csv.parse_quantity(text) if text else None,
        )


class CountForm(FlaskForm):
    """A stock change: a new quantity, or a difference."""

    how = RadioField(
        _l("Type of entry"),
        choices=build_choices({"count": _l("Set quantity"), "adjust": _l("Adjust by (− to reduce)")}),
        default="count",
    )
    quantity = StringField(_l("Units"))
    reason = StringField(_l("Reason"))


class ProductFileForm(FlaskForm):
    account = SelectField(_l("Account"))
    file = FileField(_l("File"))
    rows = TextAreaField(_l("Or paste the rows"))

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account.choices = _list_accounts(accounts)


def choose_account(form: NewProductForm | ProductFileForm) -> int:
    """Return the id of the account. Raises InvalidError for an unknown one."""
    if not form.account.validate(form):
        accounts = ", ".join(str(choice.label) for choice in form.account.choices)
        raise InvalidError("product_account_unknown", field="account", known=accounts)
    return int(form.account.data)


def _list_accounts(accounts: Sequence[Account]) -> list[SelectChoice]:
    return [SelectChoice(str(account.id), account.name) for account in accounts]
