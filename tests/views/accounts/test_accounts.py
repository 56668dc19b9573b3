"""Connecting a seller account in two steps, its page, and replacing its credentials."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from simulator.state.sellers import DEMO_EU
from tests.support.factories import an_account
from tests.support.pages import HTMX
from tests.support.simulator_server import AmazonServer
from tests.support.web_pages import web_pages
from webapp.core import queue
from webapp.models.accounts import Account
from webapp.models.audit_log import Event
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.stores import Store

pytestmark = pytest.mark.usefixtures("job_queue")

STEP_2 = "/stores/connect/marketplaces"


@pytest.fixture
def entered(amazon: AmazonServer) -> dict[str, str]:
    """What a person types who has everything right."""
    return {name: str(value) for name, value in DEMO_EU.credentials(amazon.url).items() if name != "marketplaces"}


def away(app: Flask) -> Redis:
    """The client of an application whose Redis does not answer."""
    return queue.connect(replace(app.config["CHANNELDESK"], redis_url="unix:///nowhere/valkey.sock"), impatient=True)


def ids(*countries: str) -> list[str]:
    return [m.id for m in DEMO_EU.marketplaces if m.country in countries]


def accounts_kept(session: Session) -> int:
    """How many there are; the transaction ends, or the next request would wait for it."""
    count = session.scalar(select(func.count()).select_from(Account)) or 0
    session.rollback()
    return count


def test_an_account_is_connected_in_two_steps_without_javascript(owner_client, session, entered):
    tested = owner_client.post("/stores/connect", data=entered)
    assert (tested.status_code, tested.location) == (303, STEP_2)
    assert accounts_kept(session) == 0

    page = owner_client.get(STEP_2)
    assert page.status_code == 200
    assert page.text.count('name="marketplaces"') == page.text.count(" checked>") == 5
    assert "amazon.co.uk" in page.text

    began = datetime.now(UTC)
    assert re.search(r'<input[^>]*checked[^>]*name="backfill_days"[^>]*value="30"', owner_client.get(STEP_2).text)
    connected = owner_client.post(STEP_2, data={"marketplaces": ids("DE", "SE"), "backfill_days": "30"})

    assert (connected.status_code, connected.location) == (303, "/stores")
    account = session.scalars(select(Account)).one()
    assert (account.name, account.client_secret) == (entered["name"], entered["client_secret"])
    assert [store.slug for store in account.stores] == ["birch-anvil-de", "birch-anvil-se"]
    assert began <= account.cursor + timedelta(days=30) <= datetime.now(UTC)
    assert session.scalars(select(RecurringJob.key)).all() == [f"sync_account-{account.id}"]
    event = session.scalars(select(Event).where(Event.kind == "account_connected")).one()
    assert event.actor.startswith("user:")
    session.rollback()
    page = owner_client.get("/stores").text
    assert "Birch &amp; Anvil connected. Its orders are being fetched." in page


def test_with_htmx_each_step_leads_on(owner_client, entered):
    tested = owner_client.post("/stores/connect", data=entered, headers=HTMX)
    assert (tested.status_code, tested.headers["HX-Redirect"]) == (204, STEP_2)

    connected = owner_client.post(STEP_2, data={"marketplaces": ids("DE"), "backfill_days": "0"}, headers=HTMX)
    assert connected.headers["HX-Redirect"] == "/stores/birch-anvil-de"


def test_a_secret_is_typed_once_and_never_shown(owner_client, session, entered):
    wrong = owner_client.post("/stores/connect", data=entered | {"client_secret": "amzn1.wrong"})
    assert wrong.status_code == 422
    assert "Amazon does not accept the client id with this client secret." in wrong.text
    assert f'value="{entered["seller_id"]}"' in wrong.text

    again = entered | {"client_secret": entered["client_secret"], "refresh_token": ""}
    tested = owner_client.post("/stores/connect", data=again)

    assert tested.location == STEP_2
    pages = [wrong.text, owner_client.get("/stores/connect").text, owner_client.get(STEP_2).text]
    for secret in ("amzn1.wrong", entered["client_secret"], entered["refresh_token"]):
        assert all(secret not in page for page in pages)
    owner_client.post(STEP_2, data={"marketplaces": ids("DE")})
    assert session.scalars(select(Account.refresh_token)).one() == entered["refresh_token"]
    session.rollback()
    assert entered["refresh_token"] not in owner_client.get("/accounts/1").text


def test_what_was_entered_is_forgotten_after_ten_minutes(owner_client, session, entered):
    owner_client.post("/stores/connect", data=entered)

    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10, seconds=1)):
        late = owner_client.post(STEP_2, data={"marketplaces": ids("DE")})
        assert late.location == "/stores/connect?expired=1"
        page = owner_client.get(late.location).text

    assert "Your entries were kept for ten minutes and have expired. Enter them again." in page
    assert entered["seller_id"] not in page
    assert accounts_kept(session) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Please fill this in."),
        ({"client_secret": ""}, "Please fill this in."),
        ({"refresh_token": "Atzr|demo refresh"}, "Refresh token contains white space"),
        ({"refresh_token": "Atzr|demo-refresh-eu\n"}, "Refresh token contains white space"),
        ({"refresh_token": "Atzr|another"}, "Amazon refuses the credentials."),
        ({"endpoint": "sellingpartnerapi-eu.amazon.com"}, "Endpoint is not a valid URL."),
        ({"region": "NA"}, "This account does not sell in region NA. Choose the region EU."),
        ({"region": "XX"}, "Not a valid choice"),
        ({"name": "x" * 71}, "This is too long: at most 70 characters fit."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(owner_client, session, entered, change, words):
    answer = owner_client.post("/stores/connect", data=entered | change)

    assert answer.status_code == 422
    assert words in answer.text
    assert accounts_kept(session) == 0
    assert owner_client.get(STEP_2).status_code == 303


@pytest.mark.parametrize("name", ["endpoint", "token_url"])
def test_an_address_that_answers_web_pages_is_recognised(owner_client, session, entered, name):
    with web_pages() as url:
        answer = owner_client.post("/stores/connect", data=entered | {name: url}, headers=HTMX)

    assert answer.status_code == 422
    assert "The response is not one of Amazon" in answer.text
    assert "with a web page instead of JSON" in answer.text
    assert answer.text.strip().startswith('<div id="connect">')
    assert accounts_kept(session) == 0


def test_without_redis_amazon_is_not_asked(owner_client, app, entered):
    app.extensions["channeldesk_redis"] = away(app)

    answer = owner_client.post("/stores/connect", data=entered)

    assert answer.status_code == 422
    assert "Redis does not respond, so Amazon is not called." in answer.text


def test_what_amazon_does_not_show_is_listed_with_the_role_that_opens_it(owner_client, session, entered, amazon):
    amazon.world.faults.arm("forbidden_dataset", dataset="RECIPIENT", times=None)

    owner_client.post("/stores/connect", data=entered)
    page = owner_client.get(STEP_2).text

    assert "Orders you ship yourself have no address" in page
    assert "Required role: Direct-to-Consumer Delivery (Restricted)." in page
    assert page.count('class="icon " role="img" aria-label="Missing"') == 1


def test_at_least_one_marketplace_is_chosen_and_only_of_those_amazon_named(owner_client, session, entered):
    owner_client.post("/stores/connect", data=entered)

    none = owner_client.post(STEP_2, data={"backfill_days": "0"})
    other = owner_client.post(STEP_2, data={"marketplaces": ["ATVPDKIKX0DER"], "backfill_days": "0"}, headers=HTMX)

    assert (none.status_code, other.status_code) == (422, 422)
    assert "Choose at least one marketplace." in none.text
    assert "belongs to region NA, not EU" in other.text
    assert accounts_kept(session) == 0


def test_the_same_seller_is_not_connected_twice(owner_client, session, entered):
    owner_client.post("/stores/connect", data=entered)
    owner_client.post(STEP_2, data={"marketplaces": ids("DE")})

    again = owner_client.post("/stores/connect", data=entered | {"name": "Another name"})
    same_name = owner_client.post("/stores/connect", data=entered | {"seller_id": "A2OTHER"})

    assert "This seller account is connected already, as Birch &amp; Anvil." in again.text
    assert "There is an account named Birch &amp; Anvil already." in same_name.text
    assert accounts_kept(session) == 1


def connected(owner_client: FlaskClient, entered: dict[str, str]) -> None:
    owner_client.post("/stores/connect", data=entered)
    owner_client.post(STEP_2, data={"marketplaces": ids("DE", "FR")})


def test_credentials_are_replaced_after_amazon_has_accepted_them(owner_client, session, entered):
    connected(owner_client, entered)
    account = session.scalars(select(Account)).one()
    account.refresh_token, account.error_code, account.error_message = "Atzr|old", "bad_credentials", "Revoked."
    session.commit()
    assert "Amazon refuses the credentials." in owner_client.get("/accounts/1").text

    answer = owner_client.post("/accounts/1/credentials", data={"refresh_token": entered["refresh_token"]})

    assert (answer.status_code, answer.location) == (303, "/accounts/1")
    session.expire_all()
    assert (account.refresh_token, account.error_code) == (entered["refresh_token"], None)
    assert account.client_secret == entered["client_secret"]
    session.rollback()
    page = owner_client.get("/accounts/1").text
    assert "Amazon refuses the credentials." not in page
    assert "Amazon accepted the new credentials, and they were saved." in page


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Enter the new client secret, the new refresh token, or both."),
        ({"refresh_token": "Atzr|wrong"}, "Amazon refuses the credentials."),
        ({"client_secret": "a b"}, "New LWA client secret contains white space"),
    ],
)
def test_credentials_that_do_not_work_are_not_kept(owner_client, session, entered, sent, words):
    connected(owner_client, entered)

    answer = owner_client.post("/accounts/1/credentials", data=sent, headers=HTMX)

    assert answer.status_code == 422
    assert words in answer.text
    account = session.scalars(select(Account)).one()
    assert (account.refresh_token, account.client_secret) == (entered["refresh_token"], entered["client_secret"])


def test_another_accounts_credentials_are_not_taken(owner_client, session, entered, amazon):
    connected(owner_client, entered)
    session.add(
        Store(
            account_id=1,
            marketplace_id="APJ6JRA9NG5V4",
            name="Birch & Anvil IT",
            slug="it",
            created_at=datetime.now(UTC),
            orders_from=datetime.now(UTC),
        )
    )
    session.commit()

    answer = owner_client.post("/accounts/1/credentials", data={"refresh_token": entered["refresh_token"]})

    assert answer.status_code == 422
    assert "they are another account&#39;s: it does not sell in IT." in answer.text


def test_sync_now_rings_once_however_often_it_is_pressed(owner_client, session, entered, job_queue):
    connected(owner_client, entered)

    for _ in range(2):
        answer = owner_client.post("/accounts/1/syncs")
        assert (answer.status_code, answer.location) == (303, "/accounts/1")

    assert job_queue.lrange("rq:queue:sync", 0, -1) == [b"sync_account-1"]
    assert "started. See the result under Sync history." in owner_client.get("/accounts/1").text


def test_sync_now_says_when_redis_is_away(owner_client, app, session):
    an_account(session)
    app.extensions["channeldesk_redis"] = away(app)

    owner_client.post("/accounts/1/syncs")

    assert (
        "Redis does not respond, so no sync was started. Scheduled syncs resume once it is back."
        in owner_client.get("/accounts/1").text
    )


def test_a_colleague_sees_an_accounts_health_but_changes_nothing(viewer_client, session):
    an_account(session)

    page = viewer_client.get("/accounts/1").text

    assert "A1SELLER" in page
    assert "refresh_token" not in page
    assert "Sync now" not in page
    assert viewer_client.post("/accounts/1/credentials").status_code == 403
    assert viewer_client.post("/accounts/1/syncs").status_code == 403
    assert viewer_client.get("/stores/connect").status_code == 403


def test_an_account_that_is_not_there_is_not_found(owner_client):
    answer = owner_client.get("/accounts/7")
    assert answer.status_code == 404
    assert "There is no account 7." in answer.text
