"""MIME messages: headers, a plain text, the same text as simple HTML, and an attached document."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from ipaddress import ip_address

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a mail. `name` and `reply_to` may be empty."""

    address: str
    name: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """The address of a mail server. `security`: none, starttls or tls. Empty `username`: no authentication.

    `plain_sign_in` allows to send the password without encryption to another machine.
    """

    host: str
    port: int
    security: str
    username: str = ""
    password: str = ""
    plain_sign_in: bool = False

    @property
    def exposes_password(self) -> bool:
        """Return whether signing in would send the password unencrypted over a network without permission."""
        return bool(self.username) and self.security == "none" and not (self.plain_sign_in or is_loopback(self.host))


def is_loopback(host: str) -> bool:
    """Return whether a host name or an IP address is this machine by its notation; names are not resolved."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class MailContent:
    """The content of a mail. `language` as in HTML: de, zh-Hans."""

    subject: str
    body: str
    language: str = "en"
    attachment: Attachment | None = None


def pack(letter: MailContent, sender: Sender, recipient: str, message_id: str, at: datetime) -> bytes:
    """Return the mail as RFC 5322 bytes. Raises ValueError where a header contains a line break."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.subject
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = recipient
    if sender.reply_to:
        message["Reply-To"] = sender.reply_to
    message["Date"] = at
    message["Message-ID"] = message_id
    message.set_content(letter.body + "\n", cte="quoted-printable")
    message.add_alternative(render_html(letter.body, letter.language), subtype="html", cte="quoted-printable")
    if letter.attachment is not None:
        message.add_attachment(
            letter.attachment.content, maintype="application", subtype="pdf", filename=letter.attachment.name
        )
    # Last, for the email package takes it for a part's otherwise.
    message["Content-Language"] = letter.language
    return message.as_bytes()


def render_html(text: str, language: str) -> str:
    """Render the text as HTML: a paragraph for each block of lines, URLs as links, nothing else."""
    paragraphs = [block for block in re.split(r"\n{2,}", text) if block.strip()]
    inner = "\n".join(f"<p>{_format_block(block)}</p>" for block in paragraphs)
    head = f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8"></head>'
    return f"{head}<body>\n{inner}\n</body></html>\n"


def _format_block(block: str) -> str:
    return "<br>\n".join(_link_addresses(line) for line in block.split("\n"))


def _link_addresses(line: str) -> str:
    parts, at = [], 0
    for match in _LINK.finditer(line):
        url = escape(match[0])
        parts += [_keep_spacing(line[at : match.start()]), f'<a href="{url}">{url}</a>']
        at = match.end()
    return "".join([*parts, _keep_spacing(line[at:])])


def _keep_spacing(text: str) -> str:
    """Escape a text so that columns aligned with spaces stay aligned in HTML."""
    return escape(text).replace("  ", "&nbsp; ")
