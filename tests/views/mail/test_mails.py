"""The pages that write to buyers and show what became of it."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from tests.support.factories import NOW
from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import create_processing_order
from tests.support.pages import HTMX
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.services.invoicing import invoices
from webapp.services.mail import outbox as mail_outbox

BY = {"now": NOW, "actor": "user:1"}


@pytest.fixture
def order(session):
    save_mail_server(session)
    order = create_processing_order(session, invoiced=False)
    invoices.create(session, order.id, **BY)
    session.rollback()
    return order


@pytest.fixture
def number(session, order):
    found = order.number
    session.rollback()
    return found


def only(session):
    """The only mail there is, read apart, so that nobody waits for this session."""
    session.expire_all()
    mail = session.scalars(select(Mail)).one()
    session.expunge(mail)
    session.rollback()
    return mail


def fields(page):
    """What a browser would send of the form that writes a mail."""
    hidden = dict(re.findall(r'<input id="\w+" name="(what|idempotency_key)" type="hidden" value="([^"]*)"', page))
    subject = re.search(r'name="subject"[^>]*value="([^"]*)"', page)
    body = re.search(r'<textarea[^>]*name="body"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL)
    return hidden | {"subject": unescape(subject[1]), "body": unescape(body[1]).replace("\n", "\r\n"), "attach": "y"}


def test_the_form_is_filled_in_by_the_template_and_sent_as_it_was_changed(owner_client, session, number):
    page = owner_client.get(f"/orders/{number}/mails/new?what=order").text
    sent = fields(page)
    assert sent["subject"] == "Ihre Bestellung 303-0000000-0000001"
    assert "Guten Tag Buyer Number1," in sent["body"]

    answer = owner_client.post(f"/orders/{number}/mails", data=sent | {"subject": "Hallo"})

    mail = only(session)
    assert (answer.status_code, answer.location) == (303, f"/mails/{mail.id}")
    assert (mail.kind, mail.subject, mail.state) == ("order", "Hallo", "queued")
    assert mail.body == sent["body"].replace("\r\n", "\n")


def test_the_form_sent_twice_writes_one_mail(owner_client, session, number):
    sent = fields(owner_client.get(f"/orders/{number}/mails/new").text)
    first, second = (owner_client.post(f"/orders/{number}/mails", data=sent) for _ in range(2))
    assert first.location == second.location
    assert only(session).kind == "free"


def test_a_document_can_be_chosen_and_goes_along(owner_client, session, number):
    page = owner_client.get(f"/orders/{number}/mails/new")
    (key,) = re.findall(r'<option value="(invoice-\d+)"', page.text)
    fragment = owner_client.get(f"/orders/{number}/mails/new?what={key}", headers=HTMX)
    assert fragment.text.lstrip().startswith("{#") is False
    assert '<div id="mail-new">' in fragment.text
    assert "<html" not in fragment.text

    owner_client.post(f"/orders/{number}/mails", data=fields(fragment.text))

    mail = only(session)
    assert (mail.kind, mail.attach) == ("invoice", True)
    assert f"invoice-{mail.document_id}" == key


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"subject": "Hello\nBcc: other@shop.example"}, "This must be one line"),
        ({"subject": ""}, "Enter a subject."),
        ({"body": ""}, "Enter the text of the message."),
    ],
)
def test_what_cannot_be_sent_comes_back_with_what_was_written(owner_client, session, number, sent, words):
    full = {"what": "free", "subject": "Hello", "body": "My own text"} | sent
    answer = owner_client.post(f"/orders/{number}/mails", data=full, headers=HTMX)
    assert answer.status_code == 422
    assert words in answer.text
    assert "body" in sent or "My own text" in answer.text
    assert session.scalars(select(Mail)).all() == []


def test_a_text_that_leads_away_from_amazon_is_sent_when_that_is_said_again(owner_client, session, number):
    full = {"what": "free", "subject": "Your mug", "body": "More at https://shop.example/mugs or post@shop.example."}
    asked = owner_client.post(f"/orders/{number}/mails", data=full, headers=HTMX)
    assert asked.status_code == 422
    assert "The text links to shop.example. Amazon allows only links" in asked.text
    assert 'name="force"' in asked.text
    assert "More at https://shop.example/mugs" in asked.text
    assert session.scalars(select(Mail)).all() == []
    session.rollback()

    other = owner_client.post(f"/orders/{number}/mails", data=full | {"force": "y", "subject": ""}, headers=HTMX)
    assert 'name="force"' not in other.text, "said of a text that is changed once more"
    owner_client.post(f"/orders/{number}/mails", data=full | {"force": "y"})

    assert only(session).body == full["body"]


def test_a_text_that_follows_a_parcel_is_sent_at_once(owner_client, session, number):
    assert 'name="force"' not in owner_client.get(f"/orders/{number}/mails/new").text
    body = "Follow it: https://www.dhl.com/global-en/home/tracking.html?tracking-id=1"
    owner_client.post(f"/orders/{number}/mails", data={"what": "free", "subject": "Your mug", "body": body})
    assert only(session).body == body


def test_without_a_server_or_an_address_the_page_says_so_and_where_to_go(owner_client, session):
    order = create_processing_order(session)
    url = f"/orders/{order.number}/mails/new"
    session.rollback()
    page = owner_client.get(url).text
    assert "No mail server is set up" in page
    assert 'href="/mail-settings"' in page
    assert "<textarea" not in page.partition('id="messages"')[0]

    save_mail_server(session)
    session.scalars(select(Order)).one().email = None
    session.commit()
    assert "Amazon has not provided this buyer&#39;s address" in owner_client.get(url).text
    typed = {"what": "free", "subject": "Hello", "body": "Typed for long"}
    late = owner_client.post(url.removesuffix("/new"), data=typed)
    assert late.status_code == 422
    assert late.text.count("Amazon has not provided this buyer&#39;s address") == 1
    assert "Typed for long" in late.text


def test_an_order_and_its_documents_lead_to_the_form(owner_client, session, order, number):
    assert f'href="/orders/{number}/mails/new"' in owner_client.get(f"/orders/{number}").text
    (link,) = re.findall(
        rf'href="(/orders/{number}/mails/new\?what=invoice-\d+)"', owner_client.get("/invoices/100001").text
    )
    assert "Rechnung 100001" in owner_client.get(link).text


def test_one_button_sends_a_document_by_its_template(owner_client, session, order):
    answer = owner_client.post("/invoices/100001/mails")

    mail = only(session)
    assert (answer.status_code, answer.location) == (303, f"/mails/{mail.id}")
    assert (mail.kind, mail.attach, mail.body) == ("invoice", True, None)
    session.rollback()
    again = owner_client.post("/invoices/100001/mails")
    assert again.status_code == 409
    assert "The same message is already queued. See it under Messages." in again.text
    for unknown in ("/invoices/7/mails", "/shipments/7/mails", "/credit-memos/7/mails"):
        assert owner_client.post(unknown).status_code == 404


def test_a_mail_is_shown_as_it_will_be_and_its_text_only_to_who_may_see_it(owner_client, viewer_client, session, order):
    owner_client.post("/invoices/100001/mails")
    url = f"/mails/{only(session).id}"
    session.rollback()

    page = owner_client.get(url).text
    assert "Rechnung 100001 zu Ihrer Bestellung 303-0000000-0000001" in page
    assert "buyer1@marketplace.example" in page
    assert 'hx-trigger="every 2s"' in page
    hidden = viewer_client.get(url).text
    assert "Number1" not in hidden
    assert "buyer1@" not in hidden
    assert "You do not have permission to see buyers' data." in hidden


def fail(session, cause="mail_recipient_refused"):
    mail = session.scalars(select(Mail)).one()
    mail_outbox.apply_transition(mail, "fail", NOW)
    mail.cause, mail.error_message = cause, "550 5.1.1 Sender not approved"
    mail_id = mail.id
    session.commit()
    return mail_id


def test_a_failed_mail_is_seen_and_sent_again(owner_client, session, order):
    owner_client.post("/invoices/100001/mails")
    mail_id = fail(session)

    assert "1 message failed" in owner_client.get("/mails").text
    assert "1 message to a buyer failed" in owner_client.get("/stores/desk-de").text
    page = owner_client.get(f"/mails/{mail_id}").text
    assert "The buyer&#39;s address was rejected." in page
    assert "550 5.1.1 Sender not approved" in page
    answer = owner_client.post(f"/mails/{mail_id}/retries")
    assert answer.location == f"/mails/{mail_id}"
    assert only(session).state == "queued"
    session.rollback()
    assert owner_client.post(f"/mails/{mail_id}/retries").status_code == 409
    assert "1 message failed" not in owner_client.get("/mails").text


def test_all_that_failed_are_sent_again_but_none_that_may_have_arrived(owner_client, session, order):
    owner_client.post("/invoices/100001/mails")
    fail(session)
    owner_client.post("/invoices/100001/mails")
    second = session.scalars(select(Mail).order_by(Mail.id.desc())).first()
    mail_outbox.apply_transition(second, "send", NOW)
    mail_outbox.apply_transition(second, "lose", NOW)
    session.commit()

    answer = owner_client.post("/mails/retries")

    assert answer.location == "/mails"
    session.expire_all()
    assert [mail.state for mail in session.scalars(select(Mail).order_by(Mail.id))] == ["queued", "unknown"]
    session.rollback()
    page = owner_client.get("/mails").text
    assert "1 message is unconfirmed" in page
    assert "1 e-mail queued again." in page


def test_a_mail_that_is_not_wanted_is_dropped(owner_client, session, order):
    owner_client.post("/invoices/100001/mails")
    mail_id = only(session).id
    session.rollback()
    assert owner_client.post(f"/mails/{mail_id}/drops").location == f"/mails/{mail_id}"
    assert only(session).state == "dropped"


def test_the_grid_is_filtered_by_what_its_address_says(owner_client, session, order, number):
    owner_client.post("/invoices/100001/mails")
    fail(session)
    owner_client.post(f"/orders/{number}/mails", data={"what": "free", "subject": "Hello", "body": "Text"})

    def rows(query):
        return len(re.findall(r'href="/mails/\d+"', owner_client.get(f"/mails?{query}").text))

    queries = ("", "state=failed", "kind=free", f"number={number}", "number=7", "store=desk-de")
    assert [rows(query) for query in queries] == [2, 1, 1, 2, 0, 2]


def test_a_colleague_sees_the_list_and_writes_nothing(viewer_client, session, order, number):
    assert viewer_client.get("/mails").status_code == 200
    assert viewer_client.get(f"/orders/{number}/mails/new").status_code == 403
    assert viewer_client.post("/invoices/100001/mails").status_code == 403
    assert viewer_client.get("/mail-settings").status_code == 403
    assert session.scalars(select(Mail)).all() == []
