"""The settings of alarms."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.support.mailboxes import mail_server, save_mail_server
from tests.support.webhooks import webhook_receiver
from webapp.services import alarm_settings

URL = "/health/alarms"


def test_settings_are_saved_and_shown_again(owner_client: FlaskClient, session: Session) -> None:
    fields = {
        "recipients": "a@desk.example\nb@desk.example",
        "webhook_url": "https://hooks.example/desk",
        "quiet_from": "22:00",
        "quiet_until": "07:00",
        "time_zone": "Europe/Berlin",
    }
    assert owner_client.post(URL, data=fields).status_code == 303
    row = alarm_settings.find(session)
    assert (row.recipients, row.quiet_from, row.time_zone) == (
        "a@desk.example\nb@desk.example",
        "22:00",
        "Europe/Berlin",
    )
    assert len(row.webhook_secret) >= 32
    page = owner_client.get(URL).text
    assert "b@desk.example" in page
    assert row.webhook_secret in page


def test_what_cannot_be_meant_is_refused_next_to_its_field(owner_client: FlaskClient, session: Session) -> None:
    for field, value in {
        "recipients": "nobody",
        "webhook_url": "ftp://hooks.example",
        "quiet_from": "25:00",
        "quiet_until": "07:00",
        "time_zone": "Europe/Nowhere",
    }.items():
        answer = owner_client.post(URL, data={field: value})
        assert answer.status_code == 422, field
        assert "field-error" in answer.text
    assert alarm_settings.find(session) is None


def test_a_web_address_that_cannot_be_requested_is_refused_and_everything_entered_is_kept(
    owner_client: FlaskClient, session: Session
) -> None:
    entered = {"recipients": "a@desk.example", "quiet_from": "22:00", "quiet_until": "07:00"}
    for url in (
        "http://[",
        "https://hooks.example:99999",
        "https://hooks.example:port",
        "https://hooks..example",
        f"https://{'a' * 64}.example",
        "https:///desk",
        "hooks.example",
        "https://hooks.example/a b",
        "https://hooks\u202e.example",
        f"https://hooks.example/{'a' * 1000}",
    ):
        for field in ("webhook_url", "ping_url"):
            answer = owner_client.post(URL, data=entered | {field: url})
            assert (answer.status_code, "This is not a web address" in answer.text) == (422, True), (field, url)
            assert "a@desk.example" in answer.text
            assert 'value="22:00"' in answer.text
    assert alarm_settings.find(session) is None


def test_a_test_message_shows_the_result_of_each_channel(owner_client: FlaskClient, session: Session) -> None:
    assert owner_client.post(f"{URL}/tests").status_code == 422
    with mail_server() as box, webhook_receiver() as receiver:
        save_mail_server(session, port=box.port)
        owner_client.post(URL, data={"recipients": "a@desk.example", "webhook_url": receiver.url})
        assert owner_client.post(f"{URL}/tests").status_code == 200
        assert [mail["Subject"] for mail in box.taken] == ["Channeldesk test alarm"]
        assert [event["event"] for event in receiver.events] == ["test"]
        receiver.answers = [500]
        answer = owner_client.post(f"{URL}/tests")
        assert (answer.status_code, "HTTP 500" in answer.text) == (422, True)
