"""Filters of grids: GET forms whose values become a URL, and chips that display them."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from babel import numbers
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectChoice, SelectField, SelectMultipleField, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, DateInput, HiddenInput, ListWidget, TextInput

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.messages.status_labels import LABELS
from webapp.models.accounts import Account
from webapp.models.stores import StoreName
from webapp.queries.listing import search
from webapp.web import formatting

# Amazon sold its first book in 1995; a grid need not look further.
_YEARS = range(1995, 2101)
_LARGEST = Decimal(10) ** 12
_LONGEST = 200
_UNSAID: tuple[Any, ...] = (None, "", [], False)
# Order numbers are not personal; other digits may be a phone number.
_ONLY_NUMBER = re.compile(r"[0-9]{1,6}|[0-9]{1,6}-[0-9-]*", re.ASCII)


class Chip(NamedTuple):
    """A filter in use: `name` and `value` as in the URL, `text` as displayed."""

    name: str
    value: str
    text: str


class Checked(NamedTuple):
    """The result of a filter form. `right`: whether it is valid; the others as the form's methods return them."""

    right: bool
    set: dict[str, Any]
    parameters: dict[str, list[str]]
    chips: tuple[Chip, ...]


class Filters(FlaskForm):
    """A form without a CSRF token, since it changes nothing. Empty and invalid fields are not filters."""

    _checked: Checked | None = None

    class Meta:
        csrf = False
        # Whether the user may read personal data.
        reads_personal = False

    def __init__(self, *args: Any, reads_personal: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, meta={"reads_personal": reads_personal}, **kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the fields, and each range: `x_from` not after `x_to`, `x_min` not above `x_max`."""
        super().validate(extra_validators)
        for first in self:
            stem, _dash, edge = first.name.rpartition("_")
            if edge == "from":
                _check_range(first, self[f"{stem}_to"], _("This date is before the start date."))
            elif edge == "min":
                _check_range(first, self[f"{stem}_max"], _("This is less than the minimum total."))
        return not self.errors

    def check(self) -> Checked:
        """Validate the form once and return its filters, query parameters and chips."""
        if self._checked is None:
            right = self.validate()
            self._checked = Checked(right, self.set(), self.parameters(), tuple(self.chips()))
        return self._checked

    def set(self) -> dict[str, Any]:
        """Return the checked values of the filters in use, by name."""
        return {field.name: field.data for field in self if not field.errors and field.data not in _UNSAID}

    def parameters(self) -> dict[str, list[str]]:
        """Return the query parameters of the form, including invalid ones, so that the target page can explain them."""
        parameters: dict[str, list[str]] = {}
        used = self.set()
        for field in self:
            if field.errors:
                parameters[field.name] = [_encrypt_text(field, _shorten(text)) for text in field.raw_data or ()]
            elif field.name in used:
                parameters[field.name] = [value for value, _label in describe_values(field)]
        return parameters

    def chips(self) -> list[Chip]:
        """Return a chip for each value of each filter in use."""
        return [
            Chip(field.name, value, f"{field.label.text}: {label}" if label else str(field.label.text))
            for field in map(self.__getitem__, self.set())
            for value, label in describe_values(field)
        ]


def describe_values(field: Field) -> list[tuple[str, str]]:
    """Return (value in the URL, displayed value) of each value of a field."""
    value: Any = field.data
    if isinstance(field, BooleanField):
        return [("1", "")]
    if isinstance(field, SelectField | SelectMultipleField):
        words = {key: text for key, text, *_more in field.choices}
        values = value if isinstance(value, list) else [value]
        return [(item, str(words.get(item, item))) for item in values]
    if isinstance(field, DayField):
        return [(value.isoformat(), formatting.day(value))]
    if isinstance(field, AmountField):
        return [(format(value, "f"), formatting.number(value))]
    return [(_encrypt_text(field, value), value)]


def _shorten(text: str) -> str:
    """Shorten an overlong text so that it stays invalid but fits into a URL."""
    return " ".join(text.split())[: _LONGEST + 50]


def _encrypt_text(field: Field, text: str) -> str:
    if not isinstance(field, KeywordField) or _ONLY_NUMBER.fullmatch(text):
        return text
    return search.encrypt_param(text, personal=field.meta.reads_personal)


def _check_range(first: Field, last: Field, message: str) -> None:
    if not first.errors and not last.errors and None not in (first.data, last.data) and last.data < first.data:
        last.errors = [*last.errors, message]


class WordsField(StringField):
    """A stripped text of limited length."""

    def process_formdata(self, valuelist: list[str]) -> None:
        # Of what cannot be read nothing is left, whatever stood here before.
        self.data = None
        self.data = " ".join(self.read(valuelist[0]).split()) if valuelist else None
        if self.data and (len(self.data) > _LONGEST or "\0" in self.data):
            raise ValueError(_("This search term is too long."))

    def read(self, text: str) -> str:
        """Return the entered text, given the value of the URL or the form."""
        return text


class NumberField(WordsField):
    """An order number or a part of one, possibly pasted with other characters."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        self.data = re.sub(r"[\s\u2010-\u2015#]+", lambda match: "-" if match[0] in "‐‑‒–—―" else "", self.data or "")


class IdField(WordsField):
    """An id from a link on the page of the object."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data and not (self.data.isascii() and self.data.isdigit() and int(self.data) < 2**31):
            raise ValueError(_("This is not a valid choice."))


class KeywordField(WordsField):
    """Search words. They may contain a name, so they are encrypted in URLs.

    Plain words are accepted as well. Users who may not read personal data search numbers and goods only.
    """

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        typed: str | None = self.data
        if typed and not search.has_terms(typed):
            raise ValueError(_("Type at least one letter or digit."))

    def read(self, text: str) -> str:
        # Encryption makes a text longer, so the ciphertext is not checked for its length.
        if not text.startswith(search.ENCRYPTED_PREFIX):
            return text
        typed = search.decrypt_param(text, personal=self.meta.reads_personal)
        if typed is not None:
            return typed
        if self.meta.reads_personal:
            raise ValueError(_("This link was created by another installation. Enter the name again."))
        raise ValueError(
            _(
                "You do not have permission to open this link: it may contain a buyer's name. Enter the search "
                "term yourself."
            )
        )


class NameField(KeywordField):
    """A name or an e-mail address of a buyer or recipient, for users who may read personal data."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not self.meta.reads_personal and any(text.strip() for text in valuelist):
            self.data = None
            raise ValueError(_("You do not have permission to search for names and e-mail addresses."))
        super().process_formdata(valuelist)


class DayField(Field):
    """A calendar day."""

    widget = DateInput()

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        try:
            value = date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("Enter a day as 2026-03-31.")) from None
        if value.year not in _YEARS:
            raise ValueError(_("Enter a day between %(first)s and %(last)s.", first=_YEARS[0], last=_YEARS[-1]))
        self.data = value


class AmountField(Field):
    """An amount in units of a currency, in the user's locale or with a decimal point: 12.5."""

    widget = TextInput()

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        value = _parse_amount(text)
        if value is None or not value.is_finite():
            raise ValueError(_("Enter an amount, such as 12.50."))
        if not 0 <= value < _LARGEST:
            raise ValueError(_("Enter an amount from 0 to 1,000,000,000,000."))
        self.data = value


class ChoiceField(SelectField):
    """One of a few, or none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, default="", **kwargs)

    def pre_validate(self, form: FlaskForm) -> None:  # noqa: ARG002 - WTForms calls it with its form.
        if self.data not in {choice.value for choice in self.choices}:
            raise ValidationError(_("This is not a valid choice."))


class SwitchField(BooleanField):
    """A filter that is `1` or absent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, false_values=(False, "false", "", "0"), **kwargs)


class ChoicesField(SelectMultipleField):
    """Check boxes; unlisted values are preserved, since Amazon may have more than we list."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()
    validate_choice = False


def _parse_amount(text: str) -> Decimal | None:
    if len(text) > _LONGEST:
        return None
    try:
        amount: Decimal = numbers.parse_decimal(text, locale=get_locale(), strict=True)
    except (numbers.NumberFormatError, InvalidOperation):
        try:
            amount = Decimal(text.replace(",", ".") if "." not in text else text)
        except InvalidOperation:
            return None
    return amount


HANDLING = [
    SelectChoice("", _l("All")),
    SelectChoice("any", _l("Any")),
    *(SelectChoice(code, label.text) for code, label in LABELS["handling"].items()),
]


class StoreFilters(Filters):
    """Filters with a field `store`, whose choices are `stores`."""

    def __init__(self, *args: Any, stores: Sequence[StoreName], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store.choices = [SelectChoice("", _("All")), *(SelectChoice(store.slug, store.name) for store in stores)]


class AccountFilters(Filters):
    """Filters with a field `account`, whose choices are `accounts`."""

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = (SelectChoice(str(account.id), account.name) for account in accounts)
        self.account.choices = [SelectChoice("", _("All")), *named]


class SearchForm(Filters):
    q = KeywordField(_l("Search"))
