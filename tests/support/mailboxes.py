"""A real mail server on 127.0.0.1 that keeps its mails and misbehaves on request."""

import asyncio
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import orm

from tests.support.factories import NOW
from webapp.models.mail_settings import MailServer
from webapp.services.mail import settings as mail_settings


@dataclass
class Mailbox:
    """The mails of the server and its next responses; one of `answers` is used per mail and step."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    # Step (mail, rcpt, data) → its next answers; "drop" ends the connection, "swallow" takes the mail and ends it.
    answers: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0
    connections: int = 0
    signed_in: list[str] = field(default_factory=list)

    def will(self, step: str, *answers: str) -> None:
        self.answers.setdefault(step, []).extend(answers)

    def next(self, step: str) -> str:
        waiting = self.answers.get(step)
        return waiting.pop(0) if waiting else ""

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.next("mail")
        if answer == "drop":
            server.transport.abort()
        if answer == "silence":
            await asyncio.Event().wait()
        if not answer:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.next("rcpt")
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.next("data")
        if answer and answer != "swallow":
            if answer == "drop":
                server.transport.abort()
            return answer
        content = envelope.original_content or b""
        self.taken.append(BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content))
        self.recipients.append(*envelope.rcpt_tos)
        if answer == "swallow":
            server.transport.abort()
        return "250 Taken"

    def sign_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        if (data.login, data.password) != (b"desk", b"let me in"):
            return AuthResult(success=False, handled=False, message="535 5.7.8 Wrong, says the server")
        self.signed_in.append(data.login.decode())
        return AuthResult(success=True)


class _AnyPort(Controller):
    """Listen on a free port, to which the controller then connects as a check."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(security: str = "none", certificate: Path | None = None, **options: Any) -> Iterator[Mailbox]:
    """Serve with `security` as in the settings; TLS needs a `certificate` with its key."""
    box = Mailbox()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    if security == "starttls":
        options["tls_context"] = context
    controller = _AnyPort(
        box,
        hostname="127.0.0.1",
        port=0,
        ssl_context=context if security == "tls" else None,
        authenticator=box.sign_in,
        auth_require_tls=security == "starttls",
        **options,
    )
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop(no_assert=True)


def certificate(folder: Path, name: str = "localhost", *, days: int = 1) -> Path:
    """Write a self-signed certificate and its key into one file. Clients trust it as an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def save_mail_server(session: orm.Session, port: int = 25, **more: str) -> MailServer:
    """Save the settings of a mail server on this machine."""
    fields = {
        "host": "127.0.0.1",
        "port": str(port),
        "security": "none",
        "username": "",
        "password": "",
        "address": "orders@shop.example",
        "name": "Musterladen",
        "reply_to": "",
    }
    return mail_settings.save_server(session, fields | more, now=NOW, actor="test")
