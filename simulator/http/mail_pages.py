"""Amazon's end of the mails to buyers: a small mail server that takes what comes, and shows it on the desk.

What is taken is kept in memory, the latest alone. No mail leaves it.
"""

import socketserver
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from flask import Blueprint, Response, current_app

from simulator.http import control_pages
from simulator.operations import control

KEPT = 200
# As much as Amazon takes, with room for how attachments travel.
LARGEST = 16 * 1024 * 1024
SILENT = 60.0

pages = Blueprint("mailbox", __name__, url_prefix="/_desk/mails")
pages.before_request(control.refuse_strangers)


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail as it came."""

    number: int
    at: datetime
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        found = self.message.get_body(("plain",))
        return str(found.get_content()).replace("\r\n", "\n") if found is not None else ""

    @property
    def attachments(self) -> list[EmailMessage]:
        return list(self.message.iter_attachments())


class Mailbox(socketserver.ThreadingTCPServer):
    """Listens from the start; `port` 0 takes a free one. Each connection has a thread."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), Line)
        self._taken: deque[Taken] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._count = 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def take(self, recipients: tuple[str, ...], content: bytes) -> int:
        message = message_from_bytes(content, EmailMessage, policy=default)
        with self._lock:
            self._count += 1
            self._taken.append(Taken(self._count, datetime.now(UTC), recipients, message))
            return self._count

    def newest(self) -> list[Taken]:
        with self._lock:
            return list(reversed(self._taken))

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Line(socketserver.StreamRequestHandler):
    """One connection, spoken to as RFC 5321 says, without encryption and without asking who it is."""

    server: Mailbox
    timeout = SILENT

    def handle(self) -> None:
        self._say("220 Amazon simulator")
        sender, recipients = False, list[str]()
        while raw := self.rfile.readline(2000):
            word, _, rest = raw.decode("ascii", "replace").strip().partition(" ")
            match word.upper():
                case "EHLO" | "HELO":
                    self._say("250 Amazon simulator")
                case "MAIL":
                    sender, recipients = True, []
                    self._say("250 2.1.0 Fine")
                case "RCPT" if sender:
                    recipients.append(rest.partition("<")[2].partition(">")[0])
                    self._say("250 2.1.5 Fine")
                case "DATA" if recipients:
                    self._take(tuple(recipients))
                    sender, recipients = False, []
                case "RSET":
                    sender, recipients = False, []
                    self._say("250 2.0.0 Forgotten")
                case "NOOP":
                    self._say("250 2.0.0 Fine")
                case "QUIT":
                    self._say("221 2.0.0 Goodbye")
                    return
                case "RCPT" | "DATA":
                    self._say("503 5.5.1 Name a sender and a recipient first")
                case _:
                    self._say("502 5.5.2 Not known here")

    def _take(self, recipients: tuple[str, ...]) -> None:
        self._say("354 Go on, a dot ends it")
        lines, size = [], 0
        while line := self.rfile.readline():
            if line == b".\r\n":
                break
            size += len(line)
            if size <= LARGEST:
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        else:
            return
        if size > LARGEST:
            self._say("552 5.3.4 Too large")
            return
        self._say(f"250 2.0.0 Taken as {self.server.take(recipients, b''.join(lines))}")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


def mailbox() -> Mailbox | None:
    found: Mailbox | None = current_app.extensions["mailbox"]
    return found


@pages.get("")
def listed() -> str:
    box = mailbox()
    found = box.newest() if box else []
    return control_pages.page("mails.html", lambda _world: {"mails": found, "port": box.port if box else None})


@pages.get("/<int:number>")
def show(number: int) -> str:
    return control_pages.page("mail.html", lambda _world: {"mail": _found(number)})


@pages.get("/<int:number>/<int:place>")
def attachment(number: int, place: int) -> Response:
    found = _found(number).attachments
    if place >= len(found):
        raise control.Impossible(404, f"mail {number} has no attachment {place}")
    content: Any = found[place].get_payload(decode=True)
    # Whatever it calls itself, it is opened as a PDF or not at all.
    return Response(content, content_type="application/pdf", headers={"X-Content-Type-Options": "nosniff"})


def _found(number: int) -> Taken:
    box = mailbox()
    found = next((mail for mail in (box.newest() if box else []) if mail.number == number), None)
    if found is None:
        raise control.Impossible(404, f"there is no mail {number} here")
    return found


pages.register_error_handler(control.Impossible, control_pages.not_possible)
