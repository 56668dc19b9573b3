"""What a store's documents say of the seller: changed on a page or a command line, read on paper."""

import pytest
from sqlalchemy import select

from tests.printing.orders import a_printed_order, pages, the_invoice
from tests.support.factories import a_store, an_account
from webapp.models.audit_log import Event
from webapp.models.stores import Store
from webapp.printing import renderer

HERE = "/stores/desk-de/documents"


def the_store(session):
    session.expire_all()
    store = session.scalars(select(Store)).one()
    found = store.language, store.documents_sender, store.documents_tax_number, store.documents_footer
    session.rollback()
    return found


def test_what_is_saved_is_printed(owner_client, session):
    a_printed_order(session)
    invoice = the_invoice(session).id
    session.rollback()
    sent = {
        "language": "it",
        "documents_sender": " Bottega  Uno \r\nVia Roma 1\r\n",
        "documents_tax_number": "IT1",
        "documents_footer": "IBAN 1",
    }

    answer = owner_client.post(HERE, data=sent)

    assert (answer.status_code, answer.location) == (303, HERE)
    assert the_store(session) == ("it", "Bottega Uno\nVia Roma 1", "IT1", "IBAN 1")
    (page,) = pages(renderer.render_invoice(session, invoice))
    assert page.startswith("Bottega Uno Fattura ")
    assert "Bottega Uno · Via Roma 1" in page
    assert "Partita IVA IT1" in page
    assert "IBAN 1 Pagina 1 di 1" in page
    event = session.scalars(select(Event).where(Event.kind == "store_documents_changed")).one()
    assert event.args == {"changed": ["language", "documents_sender", "documents_tax_number", "documents_footer"]}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"language": "fr"}, "language must be one of: en, de, nl, sv, it, zh."),
        ({"documents_sender": "x" * 401}, "This is too long: at most 400 characters fit."),
        ({"documents_footer": "x\n" * 6}, "This has too many lines: at most 5 fit."),
    ],
)
def test_what_cannot_be_taken_changes_nothing(owner_client, session, sent, words):
    a_store(an_account(session))
    session.commit()
    before = the_store(session)

    answer = owner_client.post(HERE, data={"documents_tax_number": "DE9"} | sent, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert answer.text.strip().startswith('<div id="store-documents">')
    assert words in answer.text
    assert the_store(session) == before


def test_a_colleague_may_look(viewer_client, session):
    a_store(an_account(session))
    session.commit()
    assert "You do not have permission to change these settings." in viewer_client.get(HERE).text
    assert viewer_client.post(HERE, data={}).status_code == 403
