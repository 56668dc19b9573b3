"""Retention rules with their settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import retention
from webapp.models.retention import RetentionSetting


class RetentionRow(NamedTuple):
    """A rule with its setting, and the number of rows last deleted by it."""

    name: str
    days: int
    default: int
    least: int
    deleted: int
    run_at: datetime | None


def list_rules(session: Session) -> Sequence[RetentionRow]:
    """List all rules in the order of the table."""
    settings = {row.name: row for row in session.scalars(select(RetentionSetting))}
    return [_build_row(rule, settings.get(rule.name)) for rule in retention.RULES]


def _build_row(rule: retention.RetentionRule, setting: RetentionSetting | None) -> RetentionRow:
    if setting is None:
        return RetentionRow(rule.name, rule.days, rule.days, rule.least, 0, None)
    return RetentionRow(rule.name, setting.days, rule.days, rule.least, setting.deleted, setting.run_at)
