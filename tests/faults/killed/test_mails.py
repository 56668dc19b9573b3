"""Killed while a mail goes out: what surely did not go is sent, what may have arrived is not sent again."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import NOW
from tests.support.mailboxes import mail_server, save_mail_server
from tests.support.order_processing import create_processing_order
from tests.support.running_app import run_app, wait_until
from webapp.core.extensions import db
from webapp.db.engine import read_only
from webapp.models.mails import Mail
from webapp.services.mail import outbox as mail_outbox

pytestmark = pytest.mark.processes


def states():
    with read_only(), Session(db.engine) as session:
        return list(session.scalars(select(Mail.state).order_by(Mail.id)))


@pytest.mark.parametrize(("point", "taken"), [("mail.before_data", 0), ("mail.after_data", 1)])
def test_a_mail_whose_process_died_is_never_sent_twice_automatically(
    settings, app, tmp_path, point, taken, monkeypatch
):
    marker = tmp_path / "died"
    with mail_server() as box:
        with Session(db.engine) as session:
            save_mail_server(session, box.port)
            order = create_processing_order(session)
            mail_outbox.queue_mail(
                session, order, "free", text=("First", "Text"), now=datetime.now(UTC), actor="user:1"
            )
            mail_outbox.queue_mail(
                session, order, "free", text=("Second", "Text"), now=datetime.now(UTC), actor="user:1"
            )
        with run_app(settings.data_dir, environ={"CHANNELDESK_CRASH_AT": f"{point}={marker}"}):
            wait_until(marker.exists)
            wait_until(lambda: states() == ["sending", "sent"])
            with Session(db.engine) as session:
                # The minute and a half it would be left in peace are over.
                session.get_one(Mail, 1).due_at = NOW
                session.commit()
            wait_until(lambda: states() == ["unknown", "sent"])
        assert [mail["Subject"] for mail in box.taken] == ["First"] * taken + ["Second"]
