"""The mail server of the simulator."""

from collections.abc import Iterator

import httpx
import pytest

from simulator.operations.mailbox import MAX_BYTES, Mailbox
from simulator.operations.world import World
from tests.support.factories import NOW
from tests.support.simulator_server import AmazonServer
from webapp.domain.mail.errors import MailRefused
from webapp.domain.mail.mime import Attachment, MailContent, Sender, Server, pack
from webapp.mailing import smtp


@pytest.fixture
def box() -> Iterator[Mailbox]:
    box = Mailbox("127.0.0.1", 0)
    yield box
    box.close()


@pytest.fixture
def url(box: Mailbox) -> Iterator[str]:
    with AmazonServer(World("empty"), box) as server:
        yield f"{server.url}/_control/mails"


def send(box: Mailbox, *letters: MailContent) -> None:
    with smtp.connect(Server("127.0.0.1", box.port, "none")) as line:
        for letter in letters:
            line.offer("orders@shop.example", "b@a.example")
            line.deliver(pack(letter, Sender("orders@shop.example", "Laden"), "b@a.example", "<1@shop.example>", NOW))


def test_a_received_mail_is_shown_with_its_attachment(box: Mailbox, url: str) -> None:
    assert "No e-mails yet." in httpx.get(url).text

    send(
        box,
        MailContent("Grüße <b>", "One\n.\n..two", attachment=Attachment("invoice-1.pdf", b"%PDF-1.7")),
        MailContent("2", "x"),
    )

    page = httpx.get(url).text
    assert page.index(">2</a>") < page.index("Grüße &lt;b&gt;</a>")
    assert "Laden &lt;orders@shop.example&gt;" in page
    page = httpx.get(f"{url}/1").text
    assert "One\n.\n..two" in page
    assert "invoice-1.pdf" in page
    pdf = httpx.get(f"{url}/1/0")
    assert (pdf.content, pdf.headers["Content-Type"]) == (b"%PDF-1.7", "application/pdf")
    assert httpx.get(f"{url}/1/1").status_code == 404
    assert httpx.get(f"{url}/7").status_code == 404


def test_a_mail_that_is_too_large_is_refused_and_the_next_is_received(box: Mailbox) -> None:
    with smtp.connect(Server("127.0.0.1", box.port, "none")) as line:
        line.offer("orders@shop.example", "b@a.example")
        with pytest.raises(MailRefused) as refused:
            line.deliver(b"Subject: x\r\n\r\n" + (b"x" * 998 + b"\r\n") * (MAX_BYTES // 1000 + 1))
        assert refused.value.words == "552 5.3.4 Too large"
        line.offer("orders@shop.example", "b@a.example")
        line.deliver(b"Subject: small\r\n\r\nx\r\n")
    assert [mail.message["Subject"] for mail in box.list_newest()] == ["small"]


def test_without_a_mail_port_the_page_says_so() -> None:
    with AmazonServer(World("empty")) as server:
        assert "start the simulator with --mail-port" in httpx.get(f"{server.url}/_control/mails").text
