"""The panel that follows a cancellation on its order's page."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.support.factories import NOW, an_order
from tests.support.pages import HTMX, plain
from tests.views.submissions.test_cancellations import PAGE, POST, asked, move
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.submissions import Submission

pytestmark = pytest.mark.usefixtures("job_queue")


def panel(client, session):
    return client.get(f"{PAGE}/submissions/{asked(session)[0].id}", headers=HTMX)


def test_undo_takes_it_back_and_leads_back(owner_client, session, import_orders):
    import_orders(an_order(1))
    owner_client.post(POST, data={"reason": "NoInventory"})
    (submission,) = asked(session)

    answered = owner_client.post(f"/submissions/{submission.id}/undo", data={"next": PAGE})

    assert (answered.status_code, answered.location) == (303, PAGE)
    page = plain(owner_client.get(PAGE))
    assert "It was undone, and nothing was sent to Amazon." in page
    assert "Cancel order" in page


def test_the_panel_asks_for_itself_while_it_may_change(owner_client, session, import_orders):
    import_orders(an_order(1))
    owner_client.post(POST, data={"reason": "NoInventory"})

    response = panel(owner_client, session)

    assert response.status_code == 200
    assert 'hx-trigger="every 1s"' in response.get_data(as_text=True)
    assert "<html" not in response.get_data(as_text=True)
    move(session, "send", "sent")
    assert "Amazon is processing it." in plain(panel(owner_client, session))
    assert 'hx-trigger="every 3s"' in panel(owner_client, session).get_data(as_text=True)
    move(session, "accept")
    assert "Amazon has accepted it. Channeldesk reads the order until it shows the cancellation." in plain(
        panel(owner_client, session)
    )


def test_proved_it_stops_asking_and_shows_when_and_by_which_request(owner_client, session, import_orders):
    import_orders(an_order(1))
    owner_client.post(POST, data={"reason": "NoInventory"})
    move(session, "send", "sent", "accept", request_id="REQ-1")
    import_orders(an_order(1, "CANCELLED", updated=5), minutes=5)

    last = panel(owner_client, session)

    page = plain(last)
    assert last.status_code == 286
    assert 'hx-trigger="every' not in last.get_data(as_text=True)
    assert "Amazon shows the order as Cancelled." in page
    assert "Verified Mar 2, 2026, 10:05" in page
    assert "Amazon request ID REQ-1" in page
    assert f'hx-get="{PAGE}" hx-trigger="load" hx-target="#content"' in last.get_data(as_text=True)
    assert owner_client.get("/orders/100001").get_data(as_text=True).count("Cancelled") >= 1


def test_rejected_it_stops_asking_and_gives_amazons_words(owner_client, session, import_orders):
    import_orders(an_order(1))
    owner_client.post(POST, data={"reason": "NoInventory"})
    move(session, "send", "sent", "reject", message="The order <b>is</b> in the post (18028)")

    last = panel(owner_client, session)

    assert last.status_code == 286
    assert "The order &lt;b&gt;is&lt;/b&gt; in the post (18028)" in last.get_data(as_text=True)
    assert "Request again" in plain(last)
    assert session.scalars(select(AmazonOrder.status)).one() == "UNSHIPPED"


def test_a_panel_of_another_order_is_not_shown(owner_client, session, import_orders):
    import_orders(an_order(1))
    owner_client.post(POST, data={"reason": "NoInventory"})
    import_orders(an_order(2))
    (submission,) = asked(session)

    other = f"/amazon-orders/303-0000000-0000002/submissions/{submission.id}"

    assert owner_client.get(other, headers=HTMX).status_code == 404


def test_once_the_time_is_over_it_says_that_it_waits_for_its_turn(owner_client, session, import_orders):
    import_orders(an_order(1))
    owner_client.post(POST, data={"reason": "NoInventory"})
    session.execute(update(Submission).values(undo_until=NOW - timedelta(days=1)))
    session.commit()

    assert "It waits for the next feed; Amazon accepts one every two minutes. You can still undo it." in plain(
        owner_client.get(PAGE)
    )
