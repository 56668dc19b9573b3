"""The notes of an Order and its history, on its page."""

from sqlalchemy import select

from tests.support.factories import a_store
from tests.support.pages import HTMX, plain
from webapp.models.comments import Comment


def test_a_note_is_written_with_the_stores_word_for_the_order(owner_client, session, account, order):
    a_store(account).processing_status = "Awaiting stock"
    session.commit()
    assert "Awaiting stock" in plain(owner_client.get("/orders/100001"))

    data = {"comment": "Stock comes on Monday", "status": "Awaiting stock"}
    sent = owner_client.post("/orders/100001/comments", data=data)

    assert (sent.status_code, sent.location) == (303, "/orders/100001")
    session.refresh(order)
    comment = session.scalars(select(Comment)).one()
    assert (order.status, comment.text, comment.notify) == ("Awaiting stock", "Stock comes on Monday", False)
    session.rollback()
    assert "Stock comes on Monday" in plain(owner_client.get("/orders/100001"))
    assert owner_client.post("/orders/100001/comments", data={"comment": "x", "status": "Nonsense"}).status_code == 422


def test_an_empty_note_is_refused_at_its_field(owner_client, order):
    page, fragment = (owner_client.post("/orders/100001/comments", data={}, headers=headers) for headers in ({}, HTMX))

    assert (page.status_code, fragment.status_code) == (422, 422)
    assert "Enter a comment." in plain(page)
    assert "<html" in page.text
    assert "<html" not in fragment.text


def test_the_history_holds_what_happened_and_what_was_said(owner_client, viewer_client, session, order):
    owner_client.post("/orders/100001/comments", data={"comment": "Rang twice"})
    session.rollback()

    page = plain(owner_client.get("/orders/100001?tab=history"))

    assert "Comment added Rang twice" in page
    assert "Order 100001 created" in page
    assert "Received from Amazon as Unshipped" in page
    assert "Data from Amazon" in page
    assert "Rang twice" not in plain(viewer_client.get("/orders/100001?tab=history"))
