"""Speaking to a mail server. What it says no to comes out as one of `domain/mail/errors`, in its own words.

smtplib's `sendmail` does not tell a text that was surely not taken from one that may have been, so the steps are taken
here one by one. Every step has a time limit, and all of them together one that a slow server cannot stretch.
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

CONNECT = 10.0
STEP = 20.0
# A text and the server's verdict on it.
DELIVERY = 60.0

T = TypeVar("T")
# What OpenSSL says of a certificate it does not believe.
_EXPIRED, _OTHER_NAME = 10, 62


class Connection:
    """One connection, for any number of mails one after the other."""

    def __init__(self, smtp: smtplib.SMTP, step: float, delivery: float) -> None:
        self._smtp, self._step, self._delivery = smtp, step, delivery
        self._begun = False

    def offer(self, sender: str, recipient: str) -> None:
        """Name sender and recipient. Raises MailRefused, or ServerTrouble when the connection is gone."""
        if self._begun:
            _ask(self._smtp.rset)
        self._begun = True
        self._expect(lambda: self._smtp.mail(sender), "mail_sender_refused")
        self._expect(lambda: self._smtp.rcpt(recipient), "mail_recipient_refused")

    def deliver(self, content: bytes) -> None:
        """Hand over the mail that was offered. Raises MailRefused, or MailLost when it may have been taken."""
        code, words = _ask(lambda: self._smtp.docmd("DATA"))
        if code != 354:
            raise _refused("mail_content_refused", code, words)
        try:
            code, words = self._hand_over(content)
        except (OSError, smtplib.SMTPException) as error:
            self._smtp.close()
            raise MailLost("mail_answer_lost", str(error)) from error
        if not 200 <= code < 600:
            raise MailLost("mail_answer_lost", _text(code, words))
        if code >= 300:
            raise _refused("mail_content_refused", code, words)

    def _hand_over(self, content: bytes) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._delivery
        # A line of one dot would end the text early.
        dotted = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in content.splitlines())
        if self._smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        self._smtp.sock.settimeout(self._delivery)
        self._smtp.send(dotted + b"\r\n.\r\n")
        self._smtp.sock.settimeout(max(deadline - time.monotonic(), 0.1))
        answer = self._smtp.getreply()
        self._smtp.sock.settimeout(self._step)
        return answer

    def _expect(self, step: Callable[[], tuple[int, bytes]], cause: str) -> None:
        code, words = _ask(step)
        if not 200 <= code < 300:
            raise _refused(cause, code, words)


@contextmanager
def connect(
    server: Server, *, connect_within: float = CONNECT, step: float = STEP, delivery: float = DELIVERY
) -> Iterator[Connection]:
    """A connection that is encrypted and signed in as `server` says. Raises ServerTrouble. Times in seconds."""
    if server.exposes_password:
        raise ServerTrouble("mail_plain_sign_in")
    smtp = _opened(server, connect_within)
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(step)
        _secure(smtp, server)
        if server.username:
            _sign_in(smtp, server)
        yield Connection(smtp, step, delivery)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


def _opened(server: Server, within: float) -> smtplib.SMTP:
    context = _context()
    try:
        if server.security == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=within, context=context)
        return smtplib.SMTP(server.host, server.port, timeout=within)
    except (OSError, smtplib.SMTPException) as error:
        raise _trouble(error) from error


def _secure(smtp: smtplib.SMTP, server: Server) -> None:
    code, words = _ask(smtp.ehlo)
    if not 200 <= code < 300:
        code, words = _ask(smtp.helo)
    if not 200 <= code < 300:
        raise ServerTrouble("mail_server_refused", _text(code, words))
    if server.security != "starttls":
        return
    if not smtp.has_extn("starttls"):
        raise ServerTrouble("mail_no_starttls")
    try:
        smtp.starttls(context=_context())
        smtp.ehlo()
    except (OSError, smtplib.SMTPException) as error:
        raise _trouble(error) from error


def _sign_in(smtp: smtplib.SMTP, server: Server) -> None:
    try:
        smtp.login(server.username, server.password)
    except smtplib.SMTPAuthenticationError as error:
        raise ServerTrouble("mail_sign_in_refused", _text(error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPNotSupportedError as error:
        raise ServerTrouble("mail_no_sign_in", str(error)) from error
    except UnicodeEncodeError as error:
        raise ServerTrouble("mail_sign_in_signs") from error
    except (OSError, smtplib.SMTPException) as error:
        # smtplib has no error of its own for a server whose ways to sign in it does not know.
        if type(error) is smtplib.SMTPException:
            raise ServerTrouble("mail_no_sign_in", str(error)) from error
        raise _trouble(error) from error


def _context() -> ssl.SSLContext:
    """Certificates are checked, always; SSL_CERT_FILE names those of a company's own authority."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _ask(step: Callable[[], T]) -> T:
    try:
        return step()
    except (OSError, smtplib.SMTPException) as error:
        raise _trouble(error) from error


def _trouble(error: Exception) -> ServerTrouble:
    """What is wrong with the server, in the desk's words and in those of whoever said so."""
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
            return ServerTrouble("mail_server_refused", _text(code, words))
    return ServerTrouble("mail_connection_failed", str(error))


def _refused(cause: str, code: int, words: bytes) -> MailRefused | ServerTrouble:
    if code == 421:
        # It is closing down, whatever was asked.
        return ServerTrouble("mail_server_refused", _text(code, words))
    return MailRefused(cause, _text(code, words), passing=400 <= code < 500 or code < 200)


def _text(code: int, words: bytes | str) -> str:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    return " ".join(f"{code} {said}".split())[:1000]
