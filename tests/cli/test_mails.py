"""`channeldesk mails`: the mail server tried, and what became of mails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.factories import NOW
from tests.support.mailboxes import Mailbox, mail_server, save_mail_server
from tests.support.order_processing import create_processing_order
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.services.mail import outbox as mail_outbox


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def failed(command: Command, box: Mailbox, tmp_path: Path) -> int:
    """The id of a mail that failed, in a desk whose mail server works."""
    command("stores", "list")
    app = create_app(Settings.load({}, data_dir=tmp_path / "cli"))
    with app.app_context():
        session = db.session()
        save_mail_server(session, box.port)
        order = create_processing_order(session)
        mail = mail_outbox.queue_mail(session, order, "order", now=NOW, actor="user:1")
        mail_outbox.apply_transition(mail, "fail", NOW)
        mail.cause = "mail_recipient_refused"
        found = mail.id
        session.commit()
        db.session.remove()
        db.engine.dispose()
    return found


def test_a_test_mail_goes_out(command: Command, box: Mailbox, failed: int) -> None:
    result = command("mails", "test", "me@shop.example", "--json")
    assert result.json == {"to": "me@shop.example", "from": "orders@shop.example", "server": f"127.0.0.1:{box.port}"}
    assert [mail["To"] for mail in box.taken] == ["me@shop.example"]


def test_a_refusal_of_the_mail_server_is_one_line(command: Command, box: Mailbox, failed: int) -> None:
    box.will("rcpt", "550 5.7.1 Not here")
    result = command("mails", "test", "me@shop.example")
    assert result.code == 1
    assert result.error.endswith("Message from the server: 550 5.7.1 Not here")
    assert "This is not an e-mail address" in command("mails", "test", "me").error


def test_a_test_mail_without_a_mail_server_is_refused(command: Command) -> None:
    result = command("mails", "test", "me@shop.example")
    assert (result.code, "No mail server is set up" in result.error) == (1, True)


def test_mails_are_listed_without_their_texts_and_sent_again(command: Command, failed: int) -> None:
    (one,) = command("mails", "list", "--state", "failed", "--json").json
    assert (one["id"], one["kind"], one["state"], one["order"]) == (failed, "order", "failed", "100001")
    assert one["cause"].startswith("The buyer's address was rejected. Amazon accepts e-mails only from senders")
    assert set(one) == {
        *("id", "order", "store", "via", "kind", "state", "cause", "tries", "created_at", "due_at", "sent_at"),
    }

    assert command("mails", "retry", "--failed").out == f"{failed:>6}  100001  order  queued\n"

    assert command("mails", "list", "--state", "failed").out == "There are no such mails.\n"
    assert (
        "Only an e-mail that failed or is unconfirmed can be sent again."
        in command("mails", "retry", str(failed)).error
    )
    assert command("mails", "retry").code == 2
