"""Save where alarms are sent."""

import secrets
from collections.abc import Mapping
from datetime import datetime, time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.domain.errors import InvalidError
from webapp.domain.mail import state_machine as mail_states
from webapp.models.alarm_settings import AlarmSettings
from webapp.services import audit_log

MAX_RECIPIENTS = 20
MAX_URL_LENGTH = 1000


def find(session: Session) -> AlarmSettings | None:
    return session.get(AlarmSettings, 1)


def save(session: Session, fields: Mapping[str, str], *, now: datetime, actor: str) -> AlarmSettings:
    """Save the settings. Commits. Raises InvalidError naming the field.

    `fields`: recipients (separated by commas or lines), webhook_url, webhook_secret, ping_url, quiet_from, quiet_until,
    quiet_holds_failures, time_zone. A webhook without a secret gets a new one.
    """
    addresses = fields.get("recipients", "").replace(",", "\n").split()
    if len(addresses) > MAX_RECIPIENTS:
        raise InvalidError("alarm_recipients_many", field="recipients", most=MAX_RECIPIENTS)
    recipients = [mail_states.clean_address(address, "recipients") for address in addresses]
    webhook_url = _clean_url(fields, "webhook_url")
    secret = fields.get("webhook_secret", "").strip()
    quiet_from, quiet_until = _clean_time(fields, "quiet_from"), _clean_time(fields, "quiet_until")
    if bool(quiet_from) is not bool(quiet_until):
        raise InvalidError("alarm_quiet_hours_half", field="quiet_until" if quiet_from else "quiet_from")
    values = {
        "recipients": "\n".join(dict.fromkeys(recipients)),
        "webhook_url": webhook_url,
        "webhook_secret": (secret or secrets.token_urlsafe(32)) if webhook_url else "",
        "ping_url": _clean_url(fields, "ping_url"),
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "quiet_holds_failures": bool(fields.get("quiet_holds_failures")),
        "time_zone": _clean_zone(fields),
    }
    row = find(session)
    if row is None:
        row = AlarmSettings(id=1)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_at = now
    audit_log.record(session, "alarm_settings_changed", now=now, actor=actor)
    session.commit()
    return row


def _clean_url(fields: Mapping[str, str], field: str) -> str:
    url = fields.get(field, "").strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        # An empty or long label of the host cannot be looked up, and a port above 65535 cannot be connected to.
        host, _port = (parts.hostname or "").encode("idna"), parts.port
        is_valid = parts.scheme in {"http", "https"} and host and url.isprintable() and " " not in url
    except ValueError:
        is_valid = False
    if not is_valid or len(url) > MAX_URL_LENGTH:
        raise InvalidError("alarm_url_malformed", field=field)
    return url


def _clean_time(fields: Mapping[str, str], field: str) -> str:
    text = fields.get(field, "").strip()
    if not text:
        return ""
    try:
        return f"{time.fromisoformat(text):%H:%M}"
    except ValueError:
        raise InvalidError("alarm_time_malformed", field=field) from None


def _clean_zone(fields: Mapping[str, str]) -> str:
    name = fields.get("time_zone", "").strip() or "UTC"
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidError("alarm_zone_unknown", field="time_zone", name=name) from None
    return name
