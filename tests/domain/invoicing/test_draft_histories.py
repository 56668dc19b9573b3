"""What one invoice or credit memo may hold: quantities, amounts and refusals by example."""

import pytest

from tests.domain.invoicing.test_drafts import Line, an_order
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.invoicing import drafts
from webapp.domain.invoicing.drafts import CreditRequest


def test_a_credit_memo_gives_back_lines_shipping_and_adjustments():
    history = an_order()
    history.invoice()

    draft = history.credit(CreditRequest({2: 1}, shipping=200, adjustment_refund=30, adjustment_fee=5))

    assert [(part.line_id, part.quantity, part.shipping, part.total) for part in draft.parts] == [
        (1, 0, 200, 200),
        (2, 1, 0, 700),
    ]
    assert (draft.total, history.money_left) == (925, 1326)
    assert history.credit(CreditRequest(adjustment_fee=25)).total == 1326
    with pytest.raises(RefusedError) as refused:
        history.credit(CreditRequest())
    assert refused.value.code == "nothing_to_refund"


@pytest.mark.parametrize(
    ("quantities", "code", "arguments"),
    [
        ({1: 4}, "quantity_over", {"item": "SKU-1", "asked": 4, "left": 3}),
        ({1: -1, 2: 1}, "quantity_negative", {"item": "SKU-1"}),
        ({2: 2}, "quantity_over", {"item": 2, "asked": 2, "left": 1}),
        ({1: 0, 2: 0}, "quantity_none", {}),
        ({}, "quantity_none", {}),
        ({9: 1}, "line_unknown", {"line": 9}),
    ],
)
def test_quantities_that_cannot_be_are_named(quantities, code, arguments):
    with pytest.raises(InvalidError) as refused:
        an_order().invoice(quantities)

    assert (refused.value.code, refused.value.arguments) == (code, arguments)


@pytest.mark.parametrize(
    ("asked", "code", "field", "arguments"),
    [
        (CreditRequest({1: 3}, 0), "quantity_over", "quantity-1", {"item": "SKU-1", "asked": 3, "left": 2}),
        (CreditRequest({}, -1), "amount_negative", "shipping", {}),
        (CreditRequest({}, 334), "shipping_over", "shipping", {"left": "3.33", "currency": "EUR"}),
        (CreditRequest({}, 0, adjustment_refund=-1), "amount_negative", "adjustment_refund", {}),
        (CreditRequest({}, 0, adjustment_fee=-1), "amount_negative", "adjustment_fee", {}),
        (CreditRequest({}, 0, adjustment_fee=1), "credit_memo_negative", "adjustment_fee", {}),
        (CreditRequest({}, 0), "credit_memo_empty", "quantities", {}),
        (CreditRequest({}, 1, adjustment_fee=1), "credit_memo_empty", "quantities", {}),
        (
            CreditRequest(adjustment_refund=1),
            "refund_over",
            "adjustment_refund",
            {"left": "10.34", "currency": "EUR"},
        ),
    ],
)
def test_a_refund_that_cannot_be_is_named(asked, code, field, arguments):
    history = an_order()
    history.invoice({1: 2})

    with pytest.raises(InvalidError) as refused:
        history.credit(asked)

    assert (refused.value.code, refused.value.field, refused.value.arguments) == (code, field, arguments)
    assert history.memos == []


def test_the_last_cent_that_was_kept_can_be_given_back_when_no_piece_is_left():
    history = an_order()
    history.invoice()
    history.credit(CreditRequest(adjustment_fee=1))
    assert history.money_left == 1

    assert history.credit(CreditRequest({}, 0, adjustment_refund=1)).total == 1
    with pytest.raises(RefusedError) as refused:
        history.credit(CreditRequest({}, 0, adjustment_refund=1))
    assert refused.value.code == "nothing_to_refund"


def test_shipping_alone_gives_back_nothing_of_the_goods_whatever_is_left_of_them():
    line = Line(1, 3, 1000, 500, invoiced=3, refunded=3)
    given = {1: {"subtotal": 990, "shipping": 0}}

    draft = drafts.build_credit_memo([line], 1500, CreditRequest({}, 200), given=given, money_left=510, currency="EUR")

    assert draft.parts == (drafts.DraftLine(1, 0, shipping=200),)


def test_nothing_is_left_to_invoice_twice():
    history = an_order()
    history.invoice()

    with pytest.raises(RefusedError) as refused:
        history.invoice()

    assert refused.value.code == "nothing_to_invoice"


def test_an_amount_is_read_in_its_currency():
    for text, currency, minor in [("12.34", "EUR", 1234), (" 5980 ", "JPY", 5980), ("1.005", "KWD", 1005)]:
        assert drafts.parse_amount(text, currency, "shipping") == minor, (text, currency, minor)


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("12.345", "EUR", "amount_decimals"),
        ("1.5", "JPY", "amount_decimals"),
        ("-1", "EUR", "amount_negative"),
        ("12,34", "EUR", "amount_malformed"),
        ("1e3", "EUR", "amount_malformed"),
        ("NaN", "EUR", "amount_malformed"),
        ("", "EUR", "amount_malformed"),
        ("9" * 40, "EUR", "amount_malformed"),
    ],
)
def test_an_amount_that_is_none_is_refused(text, currency, code):
    with pytest.raises(InvalidError) as refused:
        drafts.parse_amount(text, currency, "shipping")

    assert (refused.value.code, refused.value.field) == (code, "shipping")
