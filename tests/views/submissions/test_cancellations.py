"""Cancelling at Amazon from the pages: the reason, the click, and the panel that follows it."""

import re
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from redis import Redis
from sqlalchemy import select

from tests.support import user_accounts
from tests.support.factories import a_store, an_item, an_order
from tests.support.pages import HTMX, plain
from webapp.core import queue
from webapp.models.submissions import Submission
from webapp.services.submissions import transitions as submission_transitions

NUMBER = "303-0000000-0000001"
PAGE = f"/amazon-orders/{NUMBER}"
POST = f"{PAGE}/cancellations"

pytestmark = pytest.mark.usefixtures("job_queue")


def asked(session):
    submissions = session.scalars(select(Submission)).all()
    session.expunge_all()
    session.rollback()
    return submissions


def move(session, *names, **values):
    """What the worker and Amazon would have done with the one submission."""
    now = datetime.now(UTC)
    submission = session.scalars(select(Submission)).one()
    for name in names:
        submission_transitions.apply(submission, name, now)
    for name, value in values.items():
        setattr(submission, name, value)
    session.commit()


def test_the_button_opens_the_reasons_in_the_sellers_words(owner_client, import_orders):
    import_orders(an_order(1))
    assert f'href="{POST}/new"' in owner_client.get(PAGE).get_data(as_text=True)

    dialog = owner_client.get(f"{POST}/new", headers=HTMX)

    page = plain(dialog)
    assert "<html" not in dialog.get_data(as_text=True)
    codes = re.findall(r'value="(\w+)"[^>]*type="radio"|type="radio"[^>]*value="(\w+)"', dialog.get_data(as_text=True))
    assert [one or other for one, other in codes] == [
        "NoInventory",
        "BuyerCanceled",
        "ShippingAddressUndeliverable",
        "CustomerExchange",
        "PricingError",
        "GeneralAdjustment",
    ]
    assert "The item is out of stock Counts in your cancellation rate." in page
    assert "unless the buyer asks through Amazon, which this buyer has not" in page


def test_a_buyer_who_asked_through_amazon_does_not_hurt_the_rate(owner_client, import_orders):
    import_orders(an_order(1, items=(an_item(1, cancel_requested=""),)))

    page = plain(owner_client.get(f"{POST}/new"))

    assert "The buyer asked to cancel Does not count in your cancellation rate" in page


def test_without_javascript_the_click_leads_back_to_the_order_which_tells_of_it(
    owner_client, session, account, import_orders, job_queue
):
    import_orders(an_order(1))
    account_id = account.id
    session.rollback()

    answered = owner_client.post(POST, data={"reason": "NoInventory"})

    assert (answered.status_code, answered.location) == (303, PAGE)
    (submission,) = asked(session)
    assert (submission.state, submission.details) == ("queued", {"reason": "NoInventory"})
    assert submission.requested_by.startswith("user:")
    assert submission.undo_until - submission.requested_at == timedelta(seconds=30)
    assert job_queue.exists(f"rq:job:{queue.key('advance_submissions', account_id)}")
    page = plain(owner_client.get(PAGE))
    assert "Queued" in page
    assert re.search(r"It will be sent to Amazon in \d+ seconds?\.", page)
    assert "Cancellation requested: The item is out of stock" in page
    assert "Cancel order" not in page


def test_with_htmx_the_page_is_loaded_anew(owner_client, import_orders):
    import_orders(an_order(1))

    answered = owner_client.post(POST, data={"reason": "NoInventory"}, headers=HTMX)

    assert (answered.status_code, answered.headers["HX-Redirect"]) == (204, PAGE)


@pytest.mark.parametrize(
    ("reason", "message"), [("", "Choose a reason"), ("BecauseISaySo", "Amazon has no reason BecauseISaySo")]
)
def test_an_unknown_reason_is_reported_at_its_field(owner_client, session, import_orders, reason, message):
    import_orders(an_order(1))

    answered = owner_client.post(POST, data={"reason": reason} if reason else {}, headers=HTMX)

    assert answered.status_code == 422
    assert message in plain(answered)
    assert asked(session) == []


def test_a_second_click_is_answered_clearly_and_changes_nothing(owner_client, session, import_orders):
    import_orders(an_order(1))
    owner_client.post(POST, data={"reason": "NoInventory"})

    again = owner_client.post(POST, data={"reason": "PricingError"}, headers=HTMX)

    assert again.status_code == 422
    assert "This order is being cancelled already." in plain(again)
    assert [submission.details["reason"] for submission in asked(session)] == ["NoInventory"]


def test_two_tabs_at_the_same_moment_make_one_submission(app, owner_client, session, import_orders):
    import_orders(an_order(1))
    tabs = [user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER) for _ in range(2)]
    barrier, codes = Barrier(2), []

    def click(tab):
        barrier.wait(20)
        codes.append(tab.post(POST, data={"reason": "NoInventory"}).status_code)

    threads = [Thread(target=click, args=(tab,)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [303, 422]
    assert len(asked(session)) == 1


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (an_order(1, "SHIPPED"), "This order has been shipped, so it cannot be cancelled."),
        (an_order(1, "PARTIALLY_SHIPPED"), "Part of this order has been shipped"),
        (an_order(1, "PENDING"), "Amazon is still checking this order."),
        (an_order(1, fulfilled_by="AMAZON"), "Amazon ships this order, so only Amazon can cancel it."),
        (an_order(1, "CANCELLED"), "This order is cancelled already."),
        (an_order(1, "UNFULFILLABLE"), "there is nothing to cancel"),
        (an_order(1, "SOMETHING_NEW"), "a status that Channeldesk does not know"),
    ],
)
def test_what_cannot_be_cancelled_has_no_button_and_says_why(owner_client, session, import_orders, order, message):
    import_orders(order)

    page, dialog = owner_client.get(PAGE), owner_client.get(f"{POST}/new")
    answered = owner_client.post(POST, data={"reason": "NoInventory"})

    assert f'href="{POST}/new"' not in page.get_data(as_text=True)
    assert message in plain(page)
    assert message in plain(dialog)
    assert (answered.status_code, asked(session)) == (422, [])
    assert message in plain(answered)


def test_for_a_shipped_one_it_says_what_to_do_instead(owner_client, import_orders):
    import_orders(an_order(1, "SHIPPED"))

    assert "Refund it with a credit memo. Open order 100001 to refund it" in plain(owner_client.get(PAGE))
    assert "Open order 100001 to refund it" in plain(owner_client.get(f"{POST}/new"))


def test_with_import_off_it_is_refused(owner_client, session, account, import_orders):
    import_orders(an_order(1))
    a_store(account).import_orders = False
    session.commit()

    answered = owner_client.post(POST, data={"reason": "NoInventory"})

    assert answered.status_code == 422
    assert "read-only" in plain(answered)
    assert asked(session) == []


def test_a_colleague_may_look_but_not_ask(viewer_client, session, import_orders):
    import_orders(an_order(1))

    assert "Cancel order" not in plain(viewer_client.get(PAGE))
    assert viewer_client.get(f"{POST}/new").status_code == 403
    assert viewer_client.post(POST, data={"reason": "NoInventory"}).status_code == 403
    assert asked(session) == []


def test_a_form_from_elsewhere_is_refused(app, owner_client, session, import_orders):
    import_orders(an_order(1))
    del owner_client.environ_base["HTTP_X_CSRFTOKEN"]

    assert owner_client.post(POST, data={"reason": "NoInventory"}).status_code == 419
    assert asked(session) == []


def test_with_redis_away_the_request_is_kept(app, owner_client, session, import_orders):
    import_orders(an_order(1))
    app.extensions["channeldesk_redis"] = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)

    answered = owner_client.post(POST, data={"reason": "NoInventory"})

    assert answered.status_code == 303
    assert "Your request is stored" in plain(owner_client.get(PAGE))
    assert [submission.state for submission in asked(session)] == ["queued"]
