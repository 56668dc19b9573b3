"""Speaking SMTP with a real server: what it says no to, and what that means for a mail."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.mailboxes import Mailbox, certificate, mail_server
from webapp.domain.mail.errors import MailLost, MailRefused, ServerTrouble
from webapp.domain.mail.mime import Server
from webapp.mailing import smtp

LETTER = b"Subject: Hello\r\n\r\nOne\r\n.\r\n..two\r\n"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def deliver(port: int, security: str = "none", host: str = "127.0.0.1", *, within: float = 60, **more: Any) -> None:
    """`within`: seconds each step may take; few only for a server that falls silent."""
    server = Server(host, port, security, **more)
    with smtp.connect(server, connect_within=within, step=within, delivery=within) as line:
        line.offer("orders@shop.example", "buyer@marketplace.example")
        line.deliver(LETTER)


def trouble(port: int, security: str = "none", **more: Any) -> ServerTrouble:
    with pytest.raises(ServerTrouble) as raised:
        deliver(port, security, **more)
    return raised.value


@contextmanager
def listener(*, accepts: bool) -> Iterator[int]:
    """A port that nobody listens on, or on which nobody ever speaks."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if accepts:
            taken.listen(5)
        yield taken.getsockname()[1]


def test_a_mail_arrives_dots_and_all(box: Mailbox) -> None:
    deliver(box.port)
    (taken,) = box.taken
    assert (taken["Subject"], taken.get_content()) == ("Hello", "One\r\n.\r\n..two\r\n")
    assert box.recipients == ["buyer@marketplace.example"]


def test_several_go_through_one_connection(box: Mailbox) -> None:
    box.will("rcpt", "550 5.1.1 Nobody of that name", "")
    with smtp.connect(Server("127.0.0.1", box.port, "none")) as line:
        with pytest.raises(MailRefused):
            line.offer("orders@shop.example", "nobody@marketplace.example")
        line.offer("orders@shop.example", "buyer@marketplace.example")
        line.deliver(LETTER)
    assert (len(box.taken), box.recipients, box.connections) == (1, ["buyer@marketplace.example"], 1)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_what_is_encrypted_is_signed_in(security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with mail_server(security, trusted) as box:
        deliver(box.port, security, host="localhost", username="desk", password="let me in")
        assert len(box.taken) == 1
        assert box.signed_in == ["desk"]


@pytest.mark.parametrize("host", ["192.0.2.7", "smtp.shop.example"])
def test_no_connection_is_opened_that_would_show_the_password(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(socket, "create_connection", lambda address, *_args, **_more: tried.append(address[0]))
    error = trouble(25, "none", host=host, username="desk", password="let me in")
    assert (error.cause, tried) == ("mail_plain_sign_in", [])


def test_a_password_in_clear_stays_on_this_machine_or_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(auth_required=False) as box:
        deliver(box.port, "none", username="desk", password="let me in")
        assert box.signed_in == ["desk"]
        real = socket.create_connection
        monkeypatch.setattr(
            socket, "create_connection", lambda address, *args, **more: real(("127.0.0.1", address[1]), *args, **more)
        )
        deliver(box.port, "none", host="smtp.shop.example", username="desk", password="let me in", plain_sign_in=True)
        assert box.signed_in == ["desk", "desk"]


def test_a_wrong_password_is_said_in_the_servers_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with mail_server("starttls", trusted) as box:
        error = trouble(box.port, "starttls", host="localhost", username="desk", password="wrong")
    assert error.cause == "mail_sign_in_refused"
    assert error.words.startswith("535 5.7.8")


@pytest.mark.parametrize(
    ("name", "days", "trusted", "cause"),
    [
        ("localhost", 1, False, "mail_certificate_unknown"),
        ("localhost", -1, True, "mail_certificate_expired"),
        ("elsewhere.example", 1, True, "mail_certificate_name"),
    ],
)
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_is_not_right_is_not_believed(
    security: str, name: str, days: int, trusted: bool, cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificate(tmp_path, name, days=days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
    with mail_server(security, made) as box:
        error = trouble(box.port, security, host="localhost")
        assert (error.cause, box.taken) == (cause, [])
    assert error.words


def test_a_server_without_starttls_gets_no_mail_in_clear(box: Mailbox) -> None:
    assert trouble(box.port, "starttls").cause == "mail_no_starttls"
    assert box.taken == []


def test_tls_on_a_port_that_does_not_speak_it(box: Mailbox) -> None:
    assert trouble(box.port, "tls").cause == "mail_not_tls"


def test_a_user_name_where_nobody_signs_in() -> None:
    with mail_server(auth_exclude_mechanism=["LOGIN", "PLAIN"]) as box:
        assert trouble(box.port, username="desk", password="let me in").cause == "mail_no_sign_in"


def test_a_port_nobody_listens_on_and_one_that_never_speaks() -> None:
    with listener(accepts=False) as port:
        assert trouble(port).cause == "mail_connection_refused"
    with listener(accepts=True) as port, pytest.raises(ServerTrouble) as raised:
        deliver(port, within=0.5)
    assert raised.value.cause == "mail_server_silent"


def test_a_name_nobody_has() -> None:
    assert trouble(25, host="nowhere.invalid").cause == "mail_host_unknown"
    assert trouble(25, host="shop..example").cause == "mail_host_unknown"


@pytest.mark.parametrize(
    ("step", "answer", "cause", "passing"),
    [
        ("mail", "550 5.7.1 Not you", "mail_sender_refused", False),
        ("rcpt", "450 4.2.1 Come back later", "mail_recipient_refused", True),
        ("rcpt", "550 5.1.1 Nobody of that name", "mail_recipient_refused", False),
        ("data", "451 4.3.0 Try again", "mail_content_refused", True),
        ("data", "554 5.6.0 No links, please", "mail_content_refused", False),
    ],
)
def test_a_refused_mail_says_by_whom_and_whether_it_passes(
    box: Mailbox, step: str, answer: str, cause: str, passing: bool
) -> None:
    box.will(step, answer)
    with pytest.raises(MailRefused) as raised:
        deliver(box.port)
    assert (raised.value.cause, raised.value.words, raised.value.passing) == (cause, answer, passing)
    assert box.taken == []


def test_a_server_that_is_closing_is_not_the_mails_fault(box: Mailbox) -> None:
    box.will("rcpt", "421 4.3.2 Closing down")
    error = trouble(box.port)
    assert (error.cause, error.words) == ("mail_server_refused", "421 4.3.2 Closing down")


def test_a_connection_that_ends_before_the_text_took_nothing(box: Mailbox) -> None:
    box.will("mail", "drop")
    assert trouble(box.port).cause == "mail_server_gone"


def test_a_server_that_falls_silent_before_the_text_took_nothing(box: Mailbox) -> None:
    box.will("mail", "silence")
    assert trouble(box.port, within=0.5).cause == "mail_server_silent"


def test_a_connection_that_ends_after_the_text_may_have_taken_it(box: Mailbox) -> None:
    box.will("data", "swallow")
    with pytest.raises(MailLost) as raised:
        deliver(box.port)
    assert raised.value.cause == "mail_answer_lost"
    assert len(box.taken) == 1


def test_an_answer_that_never_comes_after_the_text_is_lost_in_time() -> None:
    """A server of four lines, which takes the text and says nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_swallow, args=(server,))
        thread.start()
        with pytest.raises(MailLost):
            deliver(server.getsockname()[1], within=0.5)
        thread.join(10)


def _swallow(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 here\r\n")
        for line in lines:
            if line == b"DATA\r\n" or line == b"data\r\n":
                connection.sendall(b"354 go on\r\n")
                break
            connection.sendall(b"250 fine\r\n")
        while lines.readline():
            continue
