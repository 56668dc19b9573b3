"""Writing an invoice on its page."""

import re
from html import unescape

import pytest
from sqlalchemy import func, select

from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import AUDIT_ARGS, create_processing_order, dump_tables, line_quantities
from tests.support.pages import HTMX, fields, plain
from webapp.models.comments import Comment
from webapp.models.documents import Invoice
from webapp.models.mails import Mail
from webapp.services.invoicing import invoices
from webapp.services.orders import holds

NEW, URL = "/orders/100001/invoices/new", "/orders/100001/invoices"


@pytest.fixture
def order(session):
    """Two pieces and one, 42.00 together; nothing invoiced."""
    order = create_processing_order(session, invoiced=False)
    session.commit()
    return order


@pytest.fixture
def sent(owner_client, order, lines):
    """What the form sends when it is opened now."""
    return fields(owner_client.get(NEW))


def test_the_form_is_filled_with_what_is_left(owner_client, session, order, lines):
    invoices.create(session, order.id, {lines[0]: 1}, **AUDIT_ARGS)
    session.rollback()

    page = owner_client.get(NEW)

    values = fields(page)
    assert [values[f"quantity-{id_}"] for id_ in lines] == ["1", "1"]
    assert "Grand total €29.00" in plain(page)


def test_it_is_worth_what_the_pieces_typed_are_worth(owner_client, session, sent, lines):
    before = dump_tables()
    sent |= {f"quantity-{lines[0]}": "1", f"quantity-{lines[1]}": ""}

    fragment = owner_client.post(f"{URL}/previews", data=sent, headers=HTMX)
    page = owner_client.post(f"{URL}/previews", data=sent)

    for answer in (fragment, page):
        assert answer.status_code == 200
        assert "Subtotal €10.00 Shipping & handling €1.50 Discount -€0.50 Tax €2.00 Grand total €13.00" in plain(answer)
    assert "<html" in page.text
    assert "<html" not in fragment.text
    assert dump_tables()["invoices"] == before["invoices"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without", "htmx"])
def test_an_invoice_is_written_and_shown(owner_client, session, order, sent, lines, headers):
    sent |= {f"quantity-{lines[1]}": "0", "comment": "Paid by card"}

    answer = owner_client.post(URL, data=sent, headers=headers)

    if headers:
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/invoices/100001")
    else:
        assert (answer.status_code, answer.location) == (303, "/invoices/100001")
    session.refresh(order)
    assert [row[0] for row in line_quantities(order)] == [2, 0]
    assert (order.total_invoiced, session.scalars(select(Comment.text)).one()) == (2600, "Paid by card")
    session.rollback()
    assert "Invoice 100001 created." in plain(owner_client.get("/invoices/100001"))


def test_sent_twice_it_is_written_once(owner_client, session, sent, lines):
    sent |= {f"quantity-{lines[0]}": "1"}

    first, second = owner_client.post(URL, data=sent), owner_client.post(URL, data=sent)

    assert (first.location, second.location) == ("/invoices/100001", "/invoices/100001")
    assert session.scalar(select(func.count()).select_from(Invoice)) == 1
    session.rollback()
    assert "This was already submitted, so nothing was created twice." in plain(owner_client.get("/invoices/100001"))


def test_a_second_tab_is_refused_after_a_change(owner_client, session, sent, lines):
    other = fields(owner_client.get(NEW))
    assert other["idempotency_key"] != sent["idempotency_key"]
    owner_client.post(URL, data=sent | {f"quantity-{lines[0]}": "1", f"quantity-{lines[1]}": "0"})

    late = owner_client.post(URL, data=other | {f"quantity-{lines[0]}": "1", f"quantity-{lines[1]}": "0"}, headers=HTMX)

    assert late.status_code == 422
    assert "This order has changed since you opened the page, so nothing was saved." in plain(late)
    assert session.scalar(select(func.count()).select_from(Invoice)) == 1
    session.rollback()
    assert owner_client.post(URL, data=fields(late)).status_code == 303
    assert session.scalar(select(func.count()).select_from(Invoice)) == 2


def test_what_cannot_be_invoiced_is_said_at_its_field_and_stays(owner_client, sent, lines):
    before = dump_tables()
    for typed, message in [
        ("3", "SKU-1: 3 is too many, 2 left."),
        ("-1", "SKU-1: the quantity cannot be negative."),
        ("one", "SKU-1: one is not a quantity."),
        ("1.5", "SKU-1: 1.5 is not a quantity."),
        ("9999999999", "SKU-1: 9999999999 is not a quantity."),
    ]:
        answers = [
            owner_client.post(url, data=sent | {f"quantity-{lines[0]}": typed, "comment": "Kept"}, headers=headers)
            for url in (URL, f"{URL}/previews")
            for headers in ({}, HTMX)
        ]

        assert [answer.status_code for answer in answers] == [422, 422, 200, 200], (typed, message)
        for answer in answers:
            below = answer.text.partition(f'id="quantity-{lines[0]}-below"')[2].partition("</div></div>")[0]
            assert message in unescape(re.sub(r"<[^>]+>", "", below)), (typed, message)
            assert (fields(answer)[f"quantity-{lines[0]}"], "Kept</textarea>" in answer.text) == (typed, True), typed
        assert dump_tables()["invoices"] == before["invoices"], (typed, message)
        assert dump_tables()["order_items"] == before["order_items"], (typed, message)


def test_no_pieces_at_all_are_asked_for(owner_client, sent, lines):
    answer = owner_client.post(URL, data=sent | {f"quantity-{id_}": "0" for id_ in lines})

    assert answer.status_code == 422
    assert "Enter a quantity of at least 1." in plain(answer)


def test_an_order_on_hold_says_so_instead_of_a_form(owner_client, session, order, sent):
    holds.hold(session, order.id, "Wait", **AUDIT_ARGS)
    session.rollback()

    opened, late = owner_client.get(NEW), owner_client.post(URL, data=sent)

    assert (opened.status_code, late.status_code) == (200, 422)
    for page in (opened, late):
        assert "An order with the status On hold cannot be invoiced." in plain(page)
        assert 'name="idempotency_key"' not in page.text


def test_a_customer_who_cannot_be_written_to_is_said(owner_client, sent):
    answer = owner_client.post(URL, data=sent | {"notify": "y"})

    assert answer.status_code == 422
    assert "No mail server is set up" in plain(answer)


@pytest.mark.parametrize(("sends", "message"), [({"notify": "y", "append": "y"}, "Thanks"), ({"notify": "y"}, None)])
def test_the_customer_gets_a_copy_and_the_comment_if_it_is_meant_for_them(
    owner_client, session, order, lines, sends, message
):
    save_mail_server(session)
    session.commit()
    sent = fields(owner_client.get(NEW))
    sent.pop("append")

    assert owner_client.post(URL, data=sent | {"comment": "Thanks"} | sends).status_code == 303

    mail = session.scalars(select(Mail)).one()
    comment = session.scalars(select(Comment)).one()
    assert (mail.kind, mail.document_id) == ("invoice", session.scalars(select(Invoice.id)).one())
    assert mail.comment_id == (comment.id if message else None)
    assert (comment.text, comment.notify) == ("Thanks", message is not None)
