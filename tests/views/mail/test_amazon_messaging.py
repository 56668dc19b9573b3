"""Amazon's own Messaging on the page that writes to a buyer."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tests.support.account_harness import AccountHarness
from tests.support.pages import HTMX
from webapp.core import queue
from webapp.models.mails import Mail
from webapp.services.mail import amazon_messaging


@pytest.fixture
def settings(settings, redis_url):
    """The application rings the same Valkey as the desk."""
    return type(settings).load({}, data_dir=settings.data_dir, redis_url=redis_url)


@pytest.fixture
def url(harness: AccountHarness) -> str:
    number = harness.world.place("DE")
    harness.sync()
    found = f"/orders/{harness.commerce_order(number).number}/messages"
    harness.session.rollback()
    return found


def answered(harness: AccountHarness) -> None:
    amazon_messaging.process_due(harness.session, harness.amazon, harness.account.id, clock=lambda: datetime.now(UTC))
    harness.session.rollback()


def test_the_page_asks_and_looks_again_until_amazon_has_answered(owner_client, harness, url):
    page = owner_client.get(url.replace("/messages", "/mails/new")).text
    assert 'hx-trigger="load"' in page

    asked = owner_client.post(f"{url}/offers", headers=HTMX)

    assert (asked.status_code, 'hx-trigger="every 1s"' in asked.text) == (200, True)
    assert queue.queue(harness.redis, "submissions").job_ids == [f"send_messages-{harness.account.id}"]
    harness.session.rollback()
    assert 'hx-trigger="every 1s"' in owner_client.get(url, headers=HTMX).text
    answered(harness)
    shown = owner_client.get(url, headers=HTMX).text
    assert "hx-trigger" not in shown
    assert re.findall(r'name="kind"[^>]*value="(\w+)"', shown) == [
        "confirmOrderDetails",
        "confirmCustomizationDetails",
        "confirmDeliveryDetails",
        "unexpectedProblem",
    ]


def test_without_javascript_a_button_asks_and_a_page_answers(owner_client, harness, url):
    answer = owner_client.post(f"{url}/offers")
    assert (answer.status_code, answer.location) == (303, url)


def test_a_message_is_queued_for_amazon_and_kept(owner_client, harness, url):
    owner_client.post(f"{url}/offers")
    answered(harness)
    key = re.search(r'name="idempotency_key" type="hidden" value="([^"]+)"', owner_client.get(url).text)[1]
    sent = {"kind": "unexpectedProblem", "text": "Es kommt morgen.", "idempotency_key": key}

    first, second = owner_client.post(url, data=sent), owner_client.post(url, data=sent)

    mail = harness.session.scalars(select(Mail)).one()
    assert first.location == second.location == f"/mails/{mail.id}"
    assert (mail.via, mail.kind, mail.body, mail.state) == ("amazon", "unexpectedProblem", "Es kommt morgen.", "queued")
    answered(harness)
    page = owner_client.get(first.location).text
    assert "through Amazon" in page
    assert "Es kommt morgen." in page


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"text": ""}, "Enter the text of the message."),
        ({"text": "x" * 2001}, "at most 2000"),
        ({"text": "Write to me@shop.example"}, "no e-mail addresses"),
        ({"kind": "warranty"}, "Amazon has no message of the kind warranty."),
    ],
)
def test_what_amazon_would_not_take_comes_back_with_what_was_written(owner_client, harness, url, sent, words):
    owner_client.post(f"{url}/offers")
    answered(harness)
    answer = owner_client.post(url, data={"kind": "unexpectedProblem", "text": "My own text"} | sent, headers=HTMX)
    assert answer.status_code == 422
    assert words in answer.text


def test_an_order_amazon_allows_nothing_for_says_so(owner_client, harness, url):
    order = next(iter(harness.world.orders))
    harness.at_amazon(order, "cancel")
    owner_client.post(f"{url}/offers")
    answered(harness)
    assert "Amazon allows no message for this order now." in owner_client.get(url).text


def test_what_amazon_says_against_being_asked_is_shown(owner_client, harness, url):
    owner_client.post(f"{url}/offers")
    harness.world.faults.arm("error_500", times=None)
    answered(harness)
    page = owner_client.get(url).text
    assert "Amazon did not return the messages it allows" in page
    assert "Request again" in page
