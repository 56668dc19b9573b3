from sqlalchemy import select

from webapp.models.audit_log import Event
from webapp.models.retention import RetentionSetting


def test_the_page_lists_every_rule_and_saves_one(owner_client, session):
    page = owner_client.get("/retention").text
    for text in ("Sync history", "Feeds", "Messages", "Unreadable orders", "Copies from before upgrades"):
        assert text in page
    response = owner_client.post("/retention/mails", data={"days": "90"})
    assert (response.status_code, response.headers["location"]) == (303, "/retention")
    assert session.get(RetentionSetting, "mails").days == 90
    (event,) = session.scalars(select(Event).where(Event.kind == "retention_changed")).all()
    assert event.args == {"data": "mails", "before": 365, "after": 90}


def test_a_wrong_number_of_days_is_said_at_its_field(owner_client, session):
    for days, text in (("10", "Enter 365 to 3650 days"), ("x", "Not a valid integer"), ("", "Enter a whole number")):
        response = owner_client.post("/retention/events", data={"days": days})
        assert response.status_code == 422
        assert text in response.text
    assert session.get(RetentionSetting, "events") is None
    session.rollback()
    assert owner_client.post("/retention/orders", data={"days": "10"}).status_code == 404


def test_who_may_only_look_cannot_change_it(viewer_client):
    page = viewer_client.get("/retention").text
    assert "Save" not in page
    assert viewer_client.post("/retention/mails", data={"days": "90"}).status_code == 403
