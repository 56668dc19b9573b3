"""The address that a store's labels are sent from, and its package presets."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.errors import InvalidError, require
from webapp.domain.shipping import labels as domain
from webapp.domain.shipping.labels import Package, SenderAddress
from webapp.models.shipping_labels import LabelSender, PackagePreset
from webapp.models.stores import Store
from webapp.services import audit_log

_REQUIRED = ("name", "line1", "city", "postal_code", "country_code", "email", "phone")
# Amazon requires a state or county in these countries.
_REGION_COUNTRIES = frozenset({"US", "CA", "GB"})
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_MAX_NAME = 60


def change_sender(session: Session, store: Store, address: SenderAddress, *, now: datetime, actor: str) -> None:
    """Change the address that a store's labels are sent from. Commits. Raises InvalidError naming the field."""
    texts = {name: " ".join(getattr(address, name).split()) for name in SenderAddress.__slots__}
    texts["country_code"] = texts["country_code"].upper()
    for name in _REQUIRED:
        if not texts[name]:
            raise InvalidError("label_field_required", field=name)
    columns = LabelSender.__table__.c
    for name, value in texts.items():
        longest = getattr(columns[name].type, "length", 0)
        if name != "country_code" and len(value) > longest:
            raise InvalidError("label_text_too_long", field=name, most=longest)
    if not _COUNTRY.fullmatch(texts["country_code"]):
        raise InvalidError("label_country_invalid", field="country_code")
    if texts["country_code"] in _REGION_COUNTRIES and not texts["region"]:
        raise InvalidError("label_region_required", field="region")
    sender = session.get(LabelSender, store.id)
    if sender is None:
        session.add(LabelSender(store_id=store.id, **texts))
    else:
        for name, value in texts.items():
            setattr(sender, name, value)
    audit_log.record(session, "label_sender_changed", now=now, actor=actor, args={}, store_id=store.id)
    session.commit()


def add_preset(
    session: Session, store: Store, name: str, package: Package, *, now: datetime, actor: str
) -> PackagePreset:
    """Add a package preset to a store. Commits. Raises InvalidError naming the field."""
    name = " ".join(name.split())
    if not name:
        raise InvalidError("label_field_required", field="name")
    if len(name) > _MAX_NAME:
        raise InvalidError("label_text_too_long", field="name", most=_MAX_NAME)
    preset = PackagePreset(store_id=store.id, name=name, package=domain.check_package(package).as_json())
    session.add(preset)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise InvalidError("label_preset_name_used", field="name") from None
    _record(session, "package_preset_added", preset, now=now, actor=actor)
    session.commit()
    return preset


def delete_preset(session: Session, store: Store, preset_id: int, *, now: datetime, actor: str) -> None:
    """Delete a package preset of a store. Commits. Raises NotFoundError."""
    preset = session.get(PackagePreset, preset_id)
    preset = require(preset if preset is not None and preset.store_id == store.id else None, "label_preset_unknown")
    _record(session, "package_preset_deleted", preset, now=now, actor=actor)
    session.delete(preset)
    session.commit()


def _record(session: Session, kind: str, preset: PackagePreset, **columns: Any) -> None:
    audit_log.record(session, kind, args={"name": preset.name}, store_id=preset.store_id, **columns)
