"""Writing a credit memo on its page."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.support.factories import NOW, an_item, an_order, shipped_fields
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    dump_tables,
    line_quantities,
)
from tests.support.pages import HTMX, fields, plain
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.documents import CreditMemo
from webapp.models.submissions import Submission
from webapp.services.invoicing import credit_memos

pytestmark = pytest.mark.usefixtures("job_queue")

NEW, URL = "/orders/100001/credit-memos/new", "/orders/100001/credit-memos"


@pytest.fixture
def order(session):
    """Two pieces at 26.00 together and one at 16.00, invoiced, and shipped as Amazon says."""
    items = (an_item(1, quantity=2), an_item(2, quantity=1))
    order = create_processing_order(session, **shipped_fields(an_order(1, items=items)))
    session.commit()
    return order


@pytest.fixture
def sent(owner_client, order, lines):
    return fields(owner_client.get(NEW))


def test_everything_is_filled_in_that_can_be_given_back(owner_client, session, order, lines):
    credit_memos.create(session, order.id, CreditRequest({lines[0]: 1}, 150), **AUDIT_ARGS)
    session.rollback()

    page = owner_client.get(NEW)

    values = fields(page)
    assert [values[f"quantity-{id_}"] for id_ in lines] == ["1", "1"]
    assert (values["shipping"], values["way"]) == ("4.50", "amazon")
    assert "Total to refund €29.00" in plain(page)
    assert "Amazon can still refund €42.00" in plain(page)


def test_it_is_worth_what_is_typed(owner_client, sent, lines):
    sent |= {f"quantity-{lines[0]}": "1", f"quantity-{lines[1]}": "0", "shipping": "1.5"}
    sent |= {"adjustment_refund": "2", "adjustment_fee": "0.25"}

    page = plain(owner_client.post(f"{URL}/previews", data=sent, headers=HTMX))

    for part in (
        "Subtotal €10.00 Shipping & handling €1.50 Discount -€0.50 Tax €2.00",
        "Adjustment refund €2.00 Adjustment fee -€0.25 Total to refund €14.75",
    ):
        assert part in page


def test_it_is_written_offline_with_what_comes_back(owner_client, session, order, sent, lines):
    sent |= {
        f"quantity-{lines[1]}": "0",
        "shipping": "0",
        "way": "offline",
        f"stock-{lines[0]}": "y",
        "comment": "Came",
    }

    answer = owner_client.post(URL, data=sent)

    assert (answer.status_code, answer.location) == (303, "/credit-memos/100001")
    memo = session.scalars(select(CreditMemo)).one()
    assert (memo.offline, memo.total, memo.shipping) == (True, 2300, 0)
    assert [(item.quantity, item.return_to_stock) for item in memo.items] == [(2, True)]
    session.refresh(order)
    assert [row[2] for row in line_quantities(order)] == [2, 0]
    assert session.scalars(select(Submission)).all() == []


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without", "htmx"])
def test_amazon_is_asked_with_a_reason(owner_client, session, order, sent, lines, headers):
    without = owner_client.post(URL, data=sent, headers=headers)
    assert without.status_code == 422
    assert "Choose a reason. Amazon requires one." in without.text.partition('id="reason-below"')[2][:500]

    answer = owner_client.post(URL, data=sent | {"reason": "CustomerReturn"}, headers=headers)

    assert (answer.location or answer.headers["HX-Redirect"]) == "/credit-memos/100001"
    memo, asked = session.scalars(select(CreditMemo)).one(), session.scalars(select(Submission)).one()
    assert (memo.state, memo.total, asked.kind, asked.subject) == ("asked", 4200, "refund", str(memo.id))
    assert asked.undo_until - asked.requested_at == timedelta(seconds=30)
    session.refresh(order)
    assert (order.total_refunded, order.total_refunding) == (0, 4200)
    session.rollback()
    assert "Refund requested" in plain(owner_client.get("/credit-memos/100001"))


def test_what_cannot_be_given_back_is_said_at_its_field_and_stays(owner_client, sent, lines):
    for typed, field, message in [
        ({"quantity-LINE": "3"}, "quantity-LINE", "SKU-1: 3 is too many, 2 left."),
        ({"shipping": "6.01"}, "shipping", "At most 6.00 EUR of the shipping can still be refunded."),
        ({"shipping": "six"}, "shipping", "six is not an amount. Enter it as 12.34."),
        ({"adjustment_refund": "-1"}, "adjustment_refund", "An amount cannot be negative."),
        (
            {"adjustment_refund": "0.01"},
            "adjustment_refund",
            "At most 42.00 EUR of the invoiced amount can still be refunded.",
        ),
        ({"adjustment_fee": "1.005"}, "adjustment_fee", "Amounts in EUR have at most 2 decimals."),
        ({"adjustment_fee": "42.01"}, "adjustment_fee", "The adjustment fee is higher than the refunded amount."),
    ]:
        typed = {name.replace("LINE", str(lines[0])): text for name, text in typed.items()}
        before = dump_tables()

        for url, status in ((URL, 422), (f"{URL}/previews", 200)):
            answer = owner_client.post(url, data=sent | {"way": "offline"} | typed, headers=HTMX)

            assert answer.status_code == status, (typed, field, message)
            assert message in answer.text.partition(f'id="{field.replace("LINE", str(lines[0]))}-below"')[2][:500]
            assert {name: fields(answer)[name] for name in typed} == typed, (typed, field, message)
        assert dump_tables()["credit_memos"] == before["credit_memos"], (typed, field, message)


def test_a_yen_has_no_decimals(owner_client, session, order):
    yen = create_orders(session, an_order(5, items=(an_item(5, quantity=1, currency="JPY"),)))[1]
    number = yen.number
    session.rollback()
    page = owner_client.get(f"/orders/{number}/credit-memos/new")
    assert fields(page)["shipping"] == "3"

    answer = owner_client.post(
        f"/orders/{number}/credit-memos", data=fields(page) | {"way": "offline", "shipping": "1.5"}
    )

    assert answer.status_code == 422
    assert "Amounts in JPY have at most 0 decimals." in plain(answer)


def test_two_tabs_and_a_second_click_give_back_once(owner_client, session, sent, lines):
    other = fields(owner_client.get(NEW))
    part = {f"quantity-{lines[0]}": "1", f"quantity-{lines[1]}": "0", "shipping": "0", "way": "offline"}

    first, again = (owner_client.post(URL, data=sent | part) for _ in range(2))
    late = owner_client.post(URL, data=other | part)

    assert (first.location, again.location) == ("/credit-memos/100001", "/credit-memos/100001")
    assert late.status_code == 422
    assert "This order has changed since you opened the page, so nothing was saved." in plain(late)
    assert session.scalar(select(func.count()).select_from(CreditMemo)) == 1


def test_nothing_that_amazon_never_charged_is_asked_of_it(owner_client, session, order):
    unshipped = create_orders(session, an_order(7, items=(an_item(7),), last_updated_at=NOW))[1].number
    session.rollback()
    page = owner_client.get(f"/orders/{unshipped}/credit-memos/new")

    assert "way" not in fields(page)
    assert "Amazon would reject this refund: Nothing of this order has been shipped." in plain(page)

    asked = fields(page) | {"way": "amazon", "reason": "CustomerReturn"}
    answer = owner_client.post(f"/orders/{unshipped}/credit-memos", data=asked)

    assert answer.status_code == 422
    assert "Cancel" in answer.text.partition('id="way-below"')[2][:500]

    answer = owner_client.post(f"/orders/{unshipped}/credit-memos", data=fields(page))

    assert answer.status_code == 422
    assert "Choose whether Amazon refunds the buyer" in answer.text.partition('id="way-below"')[2][:500]
    assert session.scalar(select(func.count()).select_from(CreditMemo)) == 0


def test_an_order_with_nothing_left_says_so(owner_client, session, order):
    credit_memos.create(session, order.id, CreditRequest(), **AUDIT_ARGS)
    session.rollback()

    page = owner_client.get(NEW)

    assert "An order with the status Closed cannot be refunded." in plain(page)
    assert 'name="idempotency_key"' not in page.text
