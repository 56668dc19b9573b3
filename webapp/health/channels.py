"""Deliver alarms: by e-mail, by signed webhook, and by requests to a dead man's switch."""

import contextvars
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from email.utils import make_msgid
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from webapp.domain.alarms import ALARM, ALL_CLEAR, Message, QuietHours
from webapp.domain.errors import NotFoundError
from webapp.domain.mail.errors import MailError
from webapp.domain.mail.mime import MailContent, Sender, Server, pack
from webapp.mailing import smtp
from webapp.messages import text_for
from webapp.queries import mails
from webapp.services import alarm_settings

# Seconds for each step of a connection, and for a delivery as a whole.
TIMEOUT = 10.0
DELIVERY_WITHIN = 30.0
MAIL, WEBHOOK = "mail", "webhook"
TIMESTAMP_HEADER, SIGNATURE_HEADER = "X-Channeldesk-Timestamp", "X-Channeldesk-Signature"


@dataclass(frozen=True, slots=True)
class Channels:
    """Where alarms go. `address`: the URL of the installation, for a link."""

    recipients: tuple[str, ...] = ()
    server: Server | None = None
    sender: Sender | None = None
    webhook_url: str = ""
    webhook_secret: str = ""
    ping_url: str = ""
    quiet: QuietHours | None = None
    address: str = ""

    @property
    def names(self) -> list[str]:
        """The channels in use: one for each recipient, and the webhook."""
        mail = [f"{MAIL}:{recipient}" for recipient in self.recipients]
        return [*mail, *([WEBHOOK] if self.webhook_url else [])]

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        if self.quiet is not None:
            data["quiet"] |= {"begin": self.quiet.begin.isoformat(), "end": self.quiet.end.isoformat()}
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Channels":
        """Raises KeyError, TypeError or ValueError for data of another form."""
        quiet, server, sender = data["quiet"], data["server"], data["sender"]
        if quiet is not None:
            quiet |= {"begin": time.fromisoformat(quiet["begin"]), "end": time.fromisoformat(quiet["end"])}
        return cls(
            **data
            | {
                "recipients": tuple(data["recipients"]),
                "quiet": QuietHours(**quiet) if quiet is not None else None,
                "server": Server(**server) if server is not None else None,
                "sender": Sender(**sender) if sender is not None else None,
            }
        )


def load(session: Session, address: str) -> Channels:
    """Load the channels from the database."""
    row = alarm_settings.find(session)
    if row is None:
        return Channels(address=address)
    quiet = None
    if row.quiet_from and row.quiet_until:
        begin, end = time.fromisoformat(row.quiet_from), time.fromisoformat(row.quiet_until)
        quiet = QuietHours(begin, end, row.time_zone, row.quiet_holds_failures)
    server = mails.find_server(session)
    try:
        sender = mails.get_sender(session) if server is not None else None
    except NotFoundError:
        sender = None
    return Channels(
        tuple((row.recipients or "").split()),
        server,
        sender,
        row.webhook_url or "",
        row.webhook_secret or "",
        row.ping_url or "",
        quiet,
        address,
    )


def deliver(channels: Channels, message: Message) -> str:
    """Deliver a message; return why it could not be, or an empty string."""
    kind, _, recipient = message.channel.partition(":")
    return _send_mail(channels, message, recipient) if kind == MAIL else _post(channels, message)


def _send_mail(channels: Channels, message: Message, recipient: str) -> str:
    if channels.server is None or channels.sender is None:
        return text_for("mail_not_configured")
    now = datetime.now(UTC)
    # The same for each try, so that a server or a reader can drop a copy.
    domain = channels.sender.address.rpartition("@")[2]
    message_id = make_msgid(domain=domain) if not message.id else f"<alarm-{message.id}-{message.event}@{domain}>"
    content = MailContent(_subject(message), _body(channels, message))
    try:
        encoded = pack(content, channels.sender, recipient, message_id, now)
        with smtp.connect(channels.server, step=TIMEOUT, delivery=2 * TIMEOUT) as connection:
            connection.offer(channels.sender.address, recipient)
            connection.deliver(encoded)
    except MailError as error:
        return f"{text_for(error.cause)} {error.words or ''}".strip()
    except ValueError as error:
        return str(error)
    return ""


def _subject(message: Message) -> str:
    first = message.problems[0].text if message.problems else ""
    more = f" (+{len(message.problems) - 1})" if len(message.problems) > 1 else ""
    problems = f"{first}{more}"
    if message.event == ALARM:
        return _("Channeldesk alarm: %(problems)s", problems=problems)[:180]
    if message.event == ALL_CLEAR:
        return _("Channeldesk all clear: %(problems)s", problems=problems)[:180]
    return _("Channeldesk test alarm")


def _body(channels: Channels, message: Message) -> str:
    at = f"{datetime.fromtimestamp(message.at, UTC):%Y-%m-%d %H:%M} UTC"
    lines = [f"- {problem.text}" for problem in message.problems]
    text = {
        ALARM: _("Since %(time)s, these checks do not pass:", time=at),
        ALL_CLEAR: _("Since %(time)s, these checks pass again:", time=at),
    }.get(message.event, _("This message shows that alarms arrive."))
    return "\n".join([text, "", *lines, *([""] if lines else []), f"{channels.address}/health"])


def build_request(channels: Channels, message: Message, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of the webhook request."""
    body = json.dumps(
        {
            "id": f"{message.id}-{message.event}",
            "event": message.event,
            "at": datetime.fromtimestamp(message.at, UTC).isoformat().replace("+00:00", "Z"),
            "checks": [
                {"check": problem.name, "key": problem.key, "level": problem.level, "text": problem.text}
                for problem in message.problems
            ],
            "url": f"{channels.address}/health",
        }
    ).encode()
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: f"sha256={sign(channels.webhook_secret, timestamp, body)}",
    }
    return body, headers


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of the timestamp, a dot and the body, as hex."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _post(channels: Channels, message: Message) -> str:
    body, headers = build_request(channels, message, datetime.now(UTC))
    try:
        # The body is not read: it could be sent so slowly that it never ends.
        with httpx.stream("POST", channels.webhook_url, content=body, headers=headers, timeout=TIMEOUT) as response:
            return "" if response.is_success else f"HTTP {response.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        # UnicodeError: the host name has a label that DNS does not allow.
        return text_for("alarm_url_unreachable", {"error": type(error).__name__})


def ping(url: str, is_failing: bool) -> str:
    """Request a healthchecks-style URL, with `/fail` while a check fails; return why it failed, or an empty string."""
    try:
        with httpx.stream("GET", _add_fail(url) if is_failing else url, timeout=TIMEOUT) as response:
            return "" if response.is_success else f"HTTP {response.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return type(error).__name__


def _add_fail(url: str) -> str:
    """Append `/fail` to the path and keep the query string."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/fail").geturl()


class TimedDeliveries:
    """Run deliveries with one time limit each: a server that sends a byte now and then keeps no timeout of a step.

    A delivery that exceeds it goes on in its thread. Until it has ended, no other one of the same channel begins.
    """

    def __init__(self) -> None:
        self._running: dict[str, Future[str]] = {}

    def run(self, channel: str, call: Callable[[], str]) -> str:
        """Return the result of `call`, or the error that it took too long."""
        earlier = self._running.get(channel)
        if earlier is not None and not earlier.done():
            return text_for("alarm_server_slow")
        result = self._running[channel] = _start(call)
        try:
            return result.result(DELIVERY_WITHIN)
        except TimeoutError:
            return text_for("alarm_server_slow")


def _start(call: Callable[[], str]) -> Future[str]:
    """Run a call in a thread that does not keep the process from ending."""
    result: Future[str] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result.set_result(context.run(call))
        except Exception as error:  # noqa: BLE001 - raised again where the result is read
            result.set_exception(error)

    threading.Thread(target=run, daemon=True, name="delivery").start()
    return result


def send_test(channels: Channels, now: datetime) -> list[tuple[str, str]]:
    """Send a test message on every channel; return (channel, error or empty) of each."""
    results: list[tuple[str, str]] = []
    names: Sequence[str] = channels.names
    deliveries = TimedDeliveries()
    for name in names:
        message = Message("", "test", now.timestamp(), name, [], now.timestamp())
        results.append((name, deliveries.run(name, partial(deliver, channels, message))))
    return results
