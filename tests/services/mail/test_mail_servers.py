"""A mail server that is away, slow or not there: mails wait, and fail after three days."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.services.mail.test_sender import Post
from tests.support.factories import NOW
from tests.support.mailboxes import mail_server, save_mail_server
from webapp.domain.mail.mime import Server
from webapp.mailing import smtp
from webapp.mailing.composer import SmtpMailService
from webapp.models.mail_settings import MailServer
from webapp.services.mail import settings as mail_settings


class Hasty(SmtpMailService):
    """An office that does not wait long for its server."""

    def connect(self, server: Server):
        return smtp.connect(server, connect_within=1, step=0.5, delivery=0.5)


@pytest.fixture
def post(session: Session) -> Iterator[Post]:
    with mail_server() as box:
        yield Post(session, box)


@pytest.mark.both_databases
def test_a_server_that_is_away_is_nobodys_fault_and_all_wait(post: Post) -> None:
    one, two = post.write(), post.write("Second")
    right = post.box.port
    save_mail_server(post.session, 1)

    post.send()

    assert [post.state(mail)[:2] for mail in (one, two)] == [("queued", "mail_connection_refused")] * 2
    server = post.session.get_one(MailServer, 1)
    assert (server.error_code, server.error_since) == ("mail_connection_refused", NOW)
    post.session.rollback()
    save_mail_server(post.session, right)
    assert post.send() == 2, "new settings are tried at once"
    assert post.session.get_one(MailServer, 1).error_code is None


def test_a_server_that_goes_in_the_middle_leaves_the_rest_waiting(post: Post) -> None:
    one, two = post.write(), post.write("Second")
    post.box.will("mail", "", "drop")
    assert post.send() == 1
    assert (post.state(one)[0], post.state(two)[:2]) == ("sent", ("queued", "mail_server_gone"))


def test_a_slow_server_is_not_waited_for_forever(post: Post) -> None:
    mail = post.write()
    post.box.will("mail", "silence")
    post.send(Hasty())
    assert post.state(mail)[:2] == ("queued", "mail_server_silent")


def test_after_three_days_it_has_failed(post: Post) -> None:
    mail = post.write()
    save_mail_server(post.session, 1)
    post.send()
    post.later(days=3, seconds=1)
    post.send()
    assert post.state(mail)[:2] == ("failed", "mail_connection_refused")


def test_without_a_server_what_waits_goes_on_waiting(post: Post) -> None:
    mail = post.write()
    mail_settings.delete_server(post.session, now=NOW, actor="test")
    assert post.send() == 0
    assert post.state(mail) == ("queued", "mail_not_configured", NOW + timedelta(hours=1))
