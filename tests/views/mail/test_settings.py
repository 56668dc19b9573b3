"""Setting up the mail server, the senders and the templates."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select, text

from tests.support.factories import a_store, an_account
from tests.support.mailboxes import Mailbox, mail_server, save_mail_server
from tests.support.order_processing import create_processing_order
from tests.support.pages import HTMX
from webapp.models.audit_log import Event
from webapp.models.mail_settings import MailSender, MailServer, MailTemplate

URL = "/mail-settings"
FIELDS = {
    "host": "smtp.shop.example",
    "port": "587",
    "security": "starttls",
    "username": "desk",
    "password": "let me in",
    "address": "orders@shop.example",
    "name": "Musterladen",
    "reply_to": "",
}


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def test_a_server_is_kept_and_its_password_never_shown(owner_client, session):
    answer = owner_client.post(URL, data=FIELDS)

    assert (answer.status_code, answer.location) == (303, URL)
    server = session.get_one(MailServer, 1)
    assert (server.host, server.port, server.security) == ("smtp.shop.example", 587, "starttls")
    assert server.password == "let me in"
    assert "let me in" not in session.execute(text("SELECT password FROM mail_server")).scalar_one()
    event = session.scalars(select(Event).where(Event.kind == "mail_server_changed")).one()
    assert event.args == {"host": "smtp.shop.example", "port": 587, "security": "starttls"}
    session.rollback()
    page = owner_client.get(URL).text
    assert "let me in" not in page
    assert 'value="smtp.shop.example"' in page


def test_an_empty_password_keeps_the_one_there_is_and_no_user_takes_it_away(owner_client, session):
    owner_client.post(URL, data=FIELDS)
    owner_client.post(URL, data=FIELDS | {"password": "", "name": "Another name", "host": "SMTP.shop.example"})
    server = session.get_one(MailServer, 1)
    assert (server.name, server.password) == ("Another name", "let me in")
    session.rollback()
    owner_client.post(URL, data=FIELDS | {"password": "", "username": ""})
    session.expire_all()
    assert session.get_one(MailServer, 1).password is None


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "evil.example"},
        {"host": "smtp.shop.example.evil.example"},
        {"port": "2525"},
        {"security": "tls"},
        {"security": "none", "plain_sign_in": "y"},
        {"username": "somebody"},
    ],
)
def test_the_stored_password_is_sent_to_no_other_place(owner_client, session, changed):
    owner_client.post(URL, data=FIELDS)
    answer = owner_client.post(URL, data=FIELDS | {"password": ""} | changed, headers=HTMX)
    assert answer.status_code == 422
    assert "Enter the password again" in answer.text
    server = session.get_one(MailServer, 1)
    assert (server.host, server.port, server.security, server.username) == (
        "smtp.shop.example",
        587,
        "starttls",
        "desk",
    )
    session.rollback()
    owner_client.post(URL, data=FIELDS | {"password": "typed again"} | changed)
    session.expire_all()
    assert session.get_one(MailServer, 1).password == "typed again"


@pytest.mark.parametrize("host", ["smtp.shop.example", "192.0.2.7", "10.0.0.1", "127.0.0.1.example", "[2001:db8::1]"])
def test_a_password_goes_to_another_machine_in_clear_only_where_somebody_ticks_it(owner_client, session, host):
    plain = FIELDS | {"security": "none", "host": host}
    answer = owner_client.post(URL, data=plain, headers=HTMX)
    assert answer.status_code == 422
    assert "Without encryption the password would be readable on the network." in answer.text
    assert session.get(MailServer, 1) is None
    session.rollback()
    assert owner_client.post(URL, data=plain | {"plain_sign_in": "y"}).status_code == 303
    assert session.get_one(MailServer, 1).plain_sign_in is True
    event = session.scalars(select(Event).where(Event.kind == "mail_server_changed")).one()
    assert event.args["plain_sign_in"] is True
    session.rollback()
    assert re.search(r'<input [^>]*checked [^>]*name="plain_sign_in"', owner_client.get(URL).text)
    assert owner_client.post(URL, data=plain | {"username": "", "password": ""}).status_code == 303


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_a_server_on_this_machine_may_be_signed_in_to_in_clear(owner_client, session, host):
    assert owner_client.post(URL, data=FIELDS | {"security": "none", "host": host}).status_code == 303
    assert session.get_one(MailServer, 1).plain_sign_in is False


def test_an_invalid_server_is_reported_at_its_field(owner_client, session):
    for wrong, words in [
        ({"host": ""}, "Enter the mail server, such as smtp.example.com."),
        (
            {"host": "https://smtp.example"},
            "This is not a server name. Use the form smtp.example.com, without a protocol.",
        ),
        ({"host": "a b"}, "This is not a server name. Use the form smtp.example.com, without a protocol."),
        ({"port": "0"}, "A port is a number from 1 to 65535"),
        ({"port": "smtp"}, "A port is a number from 1 to 65535"),
        ({"security": "maybe"}, "The security must be one of: starttls, tls, none."),
        ({"password": ""}, "Enter the password that belongs to the user name."),
        ({"address": "orders"}, "This is not an e-mail address."),
        ({"address": "orders@shop.example\nBcc: x@y.example"}, "This is not an e-mail address."),
        ({"name": "Shop\r\nBcc: x@y.example"}, "This must be one line"),
        ({"reply_to": "nobody"}, "This is not an e-mail address."),
    ]:
        answer = owner_client.post(URL, data=FIELDS | wrong, headers=HTMX)
        assert answer.status_code == 422, (wrong, words)
        assert words in answer.text, (wrong, words)
        assert session.get(MailServer, 1) is None, (wrong, words)
        session.rollback()


def test_a_test_mail_goes_out_at_once(owner_client, session, box):
    save_mail_server(session, box.port)
    answer = owner_client.post(f"{URL}/tests", data={"to": "me@shop.example"}, headers=HTMX)
    assert (answer.status_code, "The server accepted the message" in answer.text) == (200, True)
    (taken,) = box.taken
    assert (taken["To"], taken["Subject"]) == ("me@shop.example", "Test e-mail from Channeldesk")


def test_what_the_server_says_to_a_test_mail_is_shown_in_its_words(owner_client, session, box):
    save_mail_server(session, box.port)
    box.will("rcpt", "550 5.7.1 We do not know you <b>")
    answer = owner_client.post(f"{URL}/tests", data={"to": "me@shop.example"})
    assert answer.status_code == 422
    assert "550 5.7.1 We do not know you &lt;b&gt;" in answer.text
    save_mail_server(session, 1)
    assert (
        "The server refused the connection. Check the port, and that the server is running."
        in owner_client.post(f"{URL}/tests", data={"to": "me@shop.example"}).text
    )
    assert "This is not an e-mail address." in owner_client.post(f"{URL}/tests", data={"to": "me"}).text


def test_a_test_without_a_server_is_refused(owner_client, session):
    assert owner_client.post(f"{URL}/tests", data={"to": "me@shop.example"}).status_code == 404


def test_a_server_is_taken_away_with_its_password(owner_client, session):
    save_mail_server(session)
    assert owner_client.post(f"{URL}/deletions").location == URL
    session.expire_all()
    assert session.get(MailServer, 1) is None


def test_a_store_gets_a_sender_of_its_own_and_loses_it_again(owner_client, session):
    save_mail_server(session)
    store = a_store(an_account(session))
    store_id = store.id
    session.rollback()
    url = f"{URL}/senders/desk-de"

    sent = owner_client.post(url, data={"address": "de@shop.example", "name": "Laden", "reply_to": ""})

    assert sent.location == URL
    assert session.get_one(MailSender, store_id).address == "de@shop.example"
    session.rollback()
    assert "de@shop.example" in owner_client.get(URL).text
    assert 'value="Laden"' in owner_client.get(url).text
    assert "Enter the address" in owner_client.post(url, data={"address": "", "name": "Laden"}).text
    owner_client.post(url, data={"address": "", "name": "", "reply_to": ""})
    session.expire_all()
    assert session.get(MailSender, store_id) is None
    assert owner_client.get(f"{URL}/senders/nowhere").status_code == 404


TEMPLATE = "/mail-templates/shipment/de"


def test_a_template_is_changed_previewed_and_set_back(owner_client, session):
    assert "Ihre Bestellung {{ amazon_number }} ist unterwegs" in owner_client.get(TEMPLATE).text

    sent = {"subject": "Paket {{ order_number }}", "body": "Los!\r\n\r\n{{ tracking }}\r\n{{ comment }}\r\n"}
    answer = owner_client.post(TEMPLATE, data=sent)

    assert (answer.status_code, answer.location) == (303, TEMPLATE)
    kept = session.get_one(MailTemplate, ("shipment", "de"))
    assert (kept.subject, kept.body, kept.actor) == (sent["subject"], "Los!\n\n{{ tracking }}\n{{ comment }}", "user:1")
    session.rollback()
    page = owner_client.get(TEMPLATE).text
    assert "Paket 100042" in page
    assert "DHL JJD014600003 https://www.dhl.com" in page
    assert owner_client.post(f"{TEMPLATE}/resets").location == TEMPLATE
    session.expire_all()
    assert session.get(MailTemplate, ("shipment", "de")) is None


def test_a_template_that_cannot_be_written_out_is_not_kept(owner_client, session):
    for sent, words in [
        ({"body": "a\nHello {{ name }}"}, "Line 2: {{ name }} is not a placeholder of this e-mail."),
        ({"body": "{{ order_numbr }}"}, "Did you mean {{ order_number }}?"),
        ({"body": "{{ document_totals }}"}, "Line 1: {{ document_totals }} is not a placeholder of this e-mail."),
        ({"body": "one\ntwo {{ order_number"}, "Line 2: incomplete placeholder:"),
        ({"body": "{{ order.total }}"}, "Line 1: incomplete placeholder:"),
        ({"subject": "{{ x }}"}, "Line 1: {{ x }} is not a placeholder of this e-mail."),
        ({"subject": ""}, "Enter a subject."),
        ({"body": " "}, "Enter the text of the message."),
    ]:
        full = {"subject": "Paket", "body": "Text"} | sent
        answer = owner_client.post(TEMPLATE, data=full, headers=HTMX)
        assert answer.status_code == 422, (sent, words)
        assert words in answer.text, (sent, words)
        assert session.scalars(select(MailTemplate)).all() == [], (sent, words)
        session.rollback()
        assert words in owner_client.post(f"{TEMPLATE}/previews", data=full, headers=HTMX).text, (sent, words)


def test_a_comments_template_needs_the_comment(owner_client):
    answer = owner_client.post("/mail-templates/comment/en", data={"subject": "News", "body": "Hello"})
    assert "This template needs {{ comment }}" in answer.text


def test_a_template_is_previewed_with_an_order_of_ones_own(owner_client, session):
    number = create_processing_order(session).number
    session.rollback()
    url = "/mail-templates/invoice/en/previews"
    sent = {"subject": "{{ document_number }}", "body": "{{ buyer_name }}\n{{ document_totals }}", "order": number}
    page = owner_client.post(url, data=sent, headers=HTMX).text
    assert "100001" in page
    assert "Buyer Number1" in page
    assert (
        "has no such document yet"
        in owner_client.post(TEMPLATE + "/previews", data=sent | {"body": "x", "subject": "y"}).text
    )
    assert "no order 7" in owner_client.post(url, data=sent | {"order": "7"}).text


def test_the_sample_says_what_a_mail_of_its_kind_would(owner_client):
    shipment = owner_client.get("/mail-templates/shipment/de").text.partition('id="mail-preview"')[2]
    assert "2 × (Name des Artikels)" in shipment
    assert "20,00" not in shipment, "a parcel has no prices"
    assert "2 × (Name des Artikels) – 20,00" in owner_client.get("/mail-templates/invoice/de").text
    assert "Zwischensumme: 20,00" in owner_client.get("/mail-templates/invoice/de").text
    assert "小计：€20.00" in owner_client.get("/mail-templates/invoice/zh").text


def test_every_template_of_every_language_is_listed_and_can_be_written_out(owner_client):
    page = owner_client.get("/mail-templates").text
    assert page.count(">Default</a>") == 36
    for language in ("en", "de", "nl", "sv", "it", "zh"):
        for kind in ("order", "invoice", "shipment", "credit_memo", "comment", "free"):
            edit = owner_client.get(f"/mail-templates/{kind}/{language}").text
            assert 'id="mail-preview"' in edit
            assert "field-error" not in edit.partition('id="mail-preview"')[2]
    assert owner_client.get("/mail-templates/invoice/xx").status_code == 404
    assert owner_client.get("/mail-templates/nothing/en").status_code == 404
