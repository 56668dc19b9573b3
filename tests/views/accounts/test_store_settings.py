"""The order settings of a store: saved all or none, greyed out where they do not count."""

import pytest
from sqlalchemy import select

from tests.support.pages import HTMX
from tests.views.accounts.test_stores import SETTINGS, stored
from webapp.models.audit_log import Event
from webapp.models.stores import Store

pytestmark = pytest.mark.usefixtures("monday")


def test_order_settings_are_saved(owner_client, session, store):
    sent = {"customer_creation": "account", "order_status": "custom", "processing_status": " Awaiting stock "}

    answer = owner_client.post(SETTINGS, data={"import_orders": "enabled", **sent})

    assert (answer.status_code, answer.location) == (303, SETTINGS)
    page = owner_client.get(SETTINGS).text
    assert "Order settings saved." in page
    assert 'value="Awaiting stock"' in page
    assert stored(session, Store.customer_creation) == "account"
    event = session.scalars(select(Event).where(Event.kind == "store_settings_changed")).one()
    assert event.args["customer_creation"] == "account"


def test_disabled_greys_out_the_rest_and_leaves_it_as_it_is(owner_client, session, store):
    owner_client.post(SETTINGS, data={"order_number_source": "amazon"})

    owner_client.post(SETTINGS, data={"import_orders": "disabled"})

    page = owner_client.get(SETTINGS).text
    inner = page[page.index("import_orders-1") :]
    assert '<fieldset class="bare-fieldset" disabled>' in inner
    assert stored(session, Store.order_number_source) == "amazon"
    assert stored(session, Store.import_orders) is False


def test_with_htmx_the_form_follows_a_choice_before_it_is_saved(owner_client, session, store):
    answer = owner_client.get(SETTINGS + "?import_orders=disabled&order_status=custom", headers=HTMX)

    assert answer.text.strip().startswith('<div id="order-settings">')
    assert '<fieldset class="bare-fieldset" disabled>' in answer.text
    assert 'name="processing_status"' in answer.text
    assert stored(session, Store.import_orders) is True


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"order_status": "custom"}, "Enter the status of new orders"),
        ({"order_status": "custom", "processing_status": "x" * 41}, "This is too long: at most 40 characters fit."),
        ({"customer_creation": "everybody"}, "customer_creation must be one of: guest, account."),
    ],
)
def test_settings_that_cannot_be_taken_change_nothing(owner_client, session, store, sent, words):
    answer = owner_client.post(SETTINGS, data=sent | {"import_orders": "disabled"})

    assert answer.status_code == 422
    assert words in answer.text
    assert stored(session, Store.import_orders) is True
