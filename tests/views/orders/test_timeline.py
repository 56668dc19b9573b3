"""The timeline of an order: everything that happened, by kind."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, an_order
from tests.support.order_processing import create_processing_order
from webapp.models.amazon_orders import AmazonOrderVersion
from webapp.services import audit_log
from webapp.services.orders import comments
from webapp.services.submissions import cancellations, transitions
from webapp.services.sync.importing.import_page import import_page

URL = "/orders/100001?tab=history"


@pytest.fixture
def order(session, owner_client):
    """An order that changed at Amazon, with a comment, a refused cancellation, a mail and a refund in the payments."""
    order = create_processing_order(session)
    later = NOW + timedelta(hours=1)
    import_page(session, 1, [an_order(1, updated=60, ship_by=NOW + timedelta(days=9))], now=later, actor="test")
    session.commit()
    comments.create(session, order.id, "Rang twice", notify=False, now=later, actor="user:1")
    submission = cancellations.request(
        session, order.amazon_order_id, "NoInventory", undo_seconds=0, now=later, actor="user:1"
    )
    transitions.apply(submission, "send", later)
    transitions.reject(session, submission, "It is shipped.", later, request_id="request-77")
    about = {"now": later, "actor": "amazon"}
    audit_log.record_on_order(session, "mail_sent", order, mail=7, mail_kind="order", **about)
    args = {"amount": "5.00", "currency": "EUR", "day": "2026-03-02"}
    audit_log.record_on_order(session, "refund_elsewhere", order, **args, **about)
    session.commit()
    return order


def shown(client, kind=""):
    """Return the timeline's text."""
    text = client.get(f"{URL}&kind={kind}").text
    return " ".join(text[text.index('class="history"') :].replace("&#39;", "'").split())


def test_everything_is_in_one_timeline(owner_client, order):
    page = shown(owner_client)
    for text in (
        "Received from Amazon as",
        "Changed at Amazon",
        "Rang twice",
        "Cancellation requested",
        "It is shipped.",
        "Refunded outside Channeldesk",
    ):
        assert text in page, text


@pytest.mark.parametrize(
    ("kind", "there", "not_there"),
    [
        ("amazon", "Changed at Amazon", "Rang twice"),
        ("people", "Rang twice", "Changed at Amazon"),
        ("people", "Cancellation requested", "It is shipped."),
        ("submissions", "It is shipped.", "Rang twice"),
        ("mails", "Order confirmation", "Rang twice"),
        ("payments", "Refunded outside Channeldesk", "Rang twice"),
        ("automatic", "created", "Rang twice"),
        ("nonsense", "Rang twice", "Nothing here"),
    ],
)
def test_it_is_filtered_by_kind(owner_client, order, kind, there, not_there):
    page = shown(owner_client, kind)
    assert there in page
    assert not_there not in page


def test_the_filter_counts_each_kind(owner_client, order):
    page = " ".join(owner_client.get(URL).text.replace("&#39;", "'").split())
    assert "Messages to the buyer (1)" in page
    assert "Refunds in Amazon's payments (1)" in page


def test_a_submission_names_amazons_request(owner_client, order):
    assert "request-77" in shown(owner_client, "submissions")


def test_each_version_shows_what_changed_in_a_dialog(session, owner_client, viewer_client, order):
    first, second = session.scalars(select(AmazonOrderVersion.id).order_by(AmazonOrderVersion.id)).all()
    number = order.amazon_order.number
    session.commit()
    assert shown(owner_client, "amazon").count(f"/amazon-orders/{number}/versions/") == 4, "two links for each version"
    assert "nothing to compare" in owner_client.get(f"/amazon-orders/{number}/versions/{first}").text
    for client in (owner_client, viewer_client):
        answer = client.get(f"/amazon-orders/{number}/versions/{second}", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "fields" in answer.text
        assert "<html" not in answer.text
    assert owner_client.get(f"/amazon-orders/{number}/versions/999").status_code == 404
