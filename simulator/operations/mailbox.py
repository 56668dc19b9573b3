"""The mail server for e-mails to buyers. It keeps the latest in memory and forwards none."""

import socketserver
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

MAX_MAILS = 200
# Amazon's limit, with room for the encoding of attachments.
MAX_BYTES = 16 * 1024 * 1024
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    number: int
    at: datetime
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""

    @property
    def attachments(self) -> list[EmailMessage]:
        return list(self.message.iter_attachments())


class Mailbox(socketserver.ThreadingTCPServer):
    """A server that listens from the start, with a thread for each connection. Port 0 chooses a free one."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), SmtpConnection)
        self._mails: deque[ReceivedMail] = deque(maxlen=MAX_MAILS)
        self._lock = threading.Lock()
        self._count = 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def store(self, recipients: tuple[str, ...], content: bytes) -> int:
        message = message_from_bytes(content, EmailMessage, policy=default)
        with self._lock:
            self._count += 1
            self._mails.append(ReceivedMail(self._count, datetime.now(UTC), recipients, message))
            return self._count

    def list_newest(self) -> list[ReceivedMail]:
        with self._lock:
            return list(reversed(self._mails))

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class SmtpConnection(socketserver.StreamRequestHandler):
    """One connection by RFC 5321, without encryption and authentication."""

    server: Mailbox
    timeout = TIMEOUT_SECONDS

    def handle(self) -> None:
        self._reply("220 Amazon simulator")
        sender, recipients = False, list[str]()
        while raw := self.rfile.readline(2000):
            verb, _, argument = raw.decode("ascii", "replace").strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self._reply("250 Amazon simulator")
                case "MAIL":
                    sender, recipients = True, []
                    self._reply("250 2.1.0 OK")
                case "RCPT" if sender:
                    recipients.append(argument.partition("<")[2].partition(">")[0])
                    self._reply("250 2.1.5 OK")
                case "DATA" if recipients:
                    self._receive(tuple(recipients))
                    sender, recipients = False, []
                case "RSET":
                    sender, recipients = False, []
                    self._reply("250 2.0.0 OK")
                case "NOOP":
                    self._reply("250 2.0.0 OK")
                case "QUIT":
                    self._reply("221 2.0.0 Goodbye")
                    return
                case "RCPT" | "DATA":
                    self._reply("503 5.5.1 A sender and a recipient are required first")
                case _:
                    self._reply("502 5.5.2 Unknown command")

    def _receive(self, recipients: tuple[str, ...]) -> None:
        self._reply("354 End the message with a dot")
        lines, size = [], 0
        while line := self.rfile.readline():
            if line == b".\r\n":
                break
            size += len(line)
            if size <= MAX_BYTES:
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        else:
            return
        if size > MAX_BYTES:
            self._reply("552 5.3.4 Too large")
            return
        self._reply(f"250 2.0.0 Stored as {self.server.store(recipients, b''.join(lines))}")

    def _reply(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
