"""SMTP connections. Errors are raised as those of `domain/mail/errors`, with the server's message.

smtplib's `sendmail` does not distinguish a mail that was certainly not accepted from one that may have been, so the
commands are sent one by one, each with a timeout, and the delivery of the content with one overall.
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from webapp.domain.mail.errors import MailLost, MailRefused, ServerTrouble
from webapp.domain.mail.mime import Server

CONNECT_TIMEOUT = 10.0
STEP_TIMEOUT = 20.0
# Sending the content and waiting for the reply.
DELIVERY_TIMEOUT = 60.0

T = TypeVar("T")
# OpenSSL's codes for an invalid certificate.
_EXPIRED, _OTHER_NAME = 10, 62


class SmtpConnection:
    """An open connection, for any number of mails one after the other."""

    def __init__(self, smtp: smtplib.SMTP, step: float, delivery: float) -> None:
        self._smtp, self._step, self._delivery = smtp, step, delivery
        self._has_offered = False

    def offer(self, sender: str, recipient: str) -> None:
        """Send sender and recipient. Raises MailRefused, or ServerTrouble if the connection is lost."""
        if self._has_offered:
            _call(self._smtp.rset)
        self._has_offered = True
        self._expect(lambda: self._smtp.mail(sender), "mail_sender_refused")
        self._expect(lambda: self._smtp.rcpt(recipient), "mail_recipient_refused")

    def deliver(self, content: bytes) -> None:
        """Send the content of the offered mail. Raises MailRefused, or MailLost if it may have been accepted."""
        code, words = _call(lambda: self._smtp.docmd("DATA"))
        if code != 354:
            raise _build_refusal("mail_content_refused", code, words)
        try:
            code, words = self._send_content(content)
        except (OSError, smtplib.SMTPException) as error:
            self._smtp.close()
            raise MailLost("mail_answer_lost", str(error)) from error
        if not 200 <= code < 600:
            raise MailLost("mail_answer_lost", _decode_text(code, words))
        if code >= 300:
            raise _build_refusal("mail_content_refused", code, words)

    def _send_content(self, content: bytes) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._delivery
        # A line with a single dot would end the content early.
        escaped = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in content.splitlines())
        if self._smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        self._smtp.sock.settimeout(self._delivery)
        self._smtp.send(escaped + b"\r\n.\r\n")
        self._smtp.sock.settimeout(max(deadline - time.monotonic(), 0.1))
        reply = self._smtp.getreply()
        self._smtp.sock.settimeout(self._step)
        return reply

    def _expect(self, step: Callable[[], tuple[int, bytes]], cause: str) -> None:
        code, words = _call(step)
        if not 200 <= code < 300:
            raise _build_refusal(cause, code, words)


@contextmanager
def connect(
    server: Server,
    *,
    connect_within: float = CONNECT_TIMEOUT,
    step: float = STEP_TIMEOUT,
    delivery: float = DELIVERY_TIMEOUT,
) -> Iterator[SmtpConnection]:
    """Open a connection with the encryption and sign-in of `server`. Times in seconds. Raises ServerTrouble."""
    if server.exposes_password:
        raise ServerTrouble("mail_plain_sign_in")
    smtp = _open(server, connect_within)
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(step)
        _start_tls(smtp, server)
        if server.username:
            _sign_in(smtp, server)
        yield SmtpConnection(smtp, step, delivery)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


def _open(server: Server, within: float) -> smtplib.SMTP:
    context = _build_tls_context()
    try:
        if server.security == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=within, context=context)
        return smtplib.SMTP(server.host, server.port, timeout=within)
    except UnicodeError as error:
        # A label of the name is empty or longer than DNS allows.
        raise ServerTrouble("mail_host_unknown", str(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise _build_server_error(error) from error


def _start_tls(smtp: smtplib.SMTP, server: Server) -> None:
    code, words = _call(smtp.ehlo)
    if not 200 <= code < 300:
        code, words = _call(smtp.helo)
    if not 200 <= code < 300:
        raise ServerTrouble("mail_server_refused", _decode_text(code, words))
    if server.security != "starttls":
        return
    if not smtp.has_extn("starttls"):
        raise ServerTrouble("mail_no_starttls")
    try:
        smtp.starttls(context=_build_tls_context())
        smtp.ehlo()
    except (OSError, smtplib.SMTPException) as error:
        raise _build_server_error(error) from error


def _sign_in(smtp: smtplib.SMTP, server: Server) -> None:
    try:
        smtp.login(server.username, server.password)
    except smtplib.SMTPAuthenticationError as error:
        raise ServerTrouble("mail_sign_in_refused", _decode_text(error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPNotSupportedError as error:
        raise ServerTrouble("mail_no_sign_in", str(error)) from error
    except UnicodeEncodeError as error:
        raise ServerTrouble("mail_sign_in_signs") from error
    except (OSError, smtplib.SMTPException) as error:
        # smtplib has no specific error for unsupported authentication methods.
        if type(error) is smtplib.SMTPException:
            raise ServerTrouble("mail_no_sign_in", str(error)) from error
        raise _build_server_error(error) from error


def _build_tls_context() -> ssl.SSLContext:
    """Return a context that checks certificates; SSL_CERT_FILE may name a company's own authority."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _call(step: Callable[[], T]) -> T:
    try:
        return step()
    except (OSError, smtplib.SMTPException) as error:
        raise _build_server_error(error) from error


def _build_server_error(error: Exception) -> ServerTrouble:
    """Return the ServerTrouble for an error, with our code and the original message."""
    match error:
        case ssl.SSLCertVerificationError(verify_code=code, verify_message=words):
            cause = {_EXPIRED: "mail_certificate_expired", _OTHER_NAME: "mail_certificate_name"}.get(code)
            return ServerTrouble(cause or "mail_certificate_unknown", str(words))
        case ssl.SSLError():
            return ServerTrouble("mail_not_tls", error.reason or str(error))
        case socket.gaierror():
            return ServerTrouble("mail_host_unknown", error.strerror or "")
        case TimeoutError():
            return ServerTrouble("mail_server_silent")
        case ConnectionRefusedError():
            return ServerTrouble("mail_connection_refused")
        case smtplib.SMTPServerDisconnected(__context__=TimeoutError()):
            return ServerTrouble("mail_server_silent")
        case smtplib.SMTPServerDisconnected():
            return ServerTrouble("mail_server_gone", str(error))
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=words):
            return ServerTrouble("mail_server_refused", _decode_text(code, words))
    return ServerTrouble("mail_connection_failed", str(error))


def _build_refusal(cause: str, code: int, words: bytes) -> MailRefused | ServerTrouble:
    if code == 421:
        # The server is closing the connection, whatever the command was.
        return ServerTrouble("mail_server_refused", _decode_text(code, words))
    return MailRefused(cause, _decode_text(code, words), passing=400 <= code < 500 or code < 200)


def _decode_text(code: int, words: bytes | str) -> str:
    message = words.decode(errors="replace") if isinstance(words, bytes) else words
    return " ".join(f"{code} {message}".split())[:1000]
