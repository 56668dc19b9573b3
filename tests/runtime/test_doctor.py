"""What the doctor says of a PostgreSQL that loses what it has committed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from webapp.core.extensions import db
from webapp.domain import backups
from webapp.runtime import doctor, migrate


@pytest.mark.both_databases
def test_the_doctor_reads_the_settings_of_postgresql_as_they_are_without_us(app, settings):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("settings of PostgreSQL's")
    name = db.engine.url.database
    before = migrate.list_disabled_settings(app, ["synchronous_commit", "enable_sort"])
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    # It holds for connections that are made from now on.
    db.engine.dispose()

    assert before == []
    assert migrate.list_disabled_settings(app, ["synchronous_commit", "enable_sort"]) == ["synchronous_commit"]
    assert "commits" in {finding.check for finding in doctor.examine(settings)}


def test_the_doctor_reports_what_a_power_cut_would_do_to_postgresql():
    for off, level, message in [
        ([], "ok", "writes each commit"),
        (["synchronous_commit"], "warn", "synchronous_commit=off"),
        (["fsync"], "fail", "fsync=off"),
        (["fsync", "synchronous_commit"], "fail", "Switch on fsync"),
        (["full_page_writes"], "fail", "full_page_writes=off"),
    ]:
        finding = doctor.build_commits_finding(off)
        assert finding.level == level, (off, level, message)
        assert message in finding.message, (off, level, message)


def test_the_doctor_reports_missing_and_old_backups_and_those_on_the_same_disk():
    now = datetime(2026, 3, 18, 12, tzinfo=UTC)
    recent, old = (backups.build_name(now - timedelta(days=days)) for days in (1, 3))
    for names, target, level, message in [
        ([], "/mnt/backups", "warn", "none yet"),
        ([old], "/mnt/backups", "fail", "of 2026-03-15"),
        ([recent, old], "", "warn", "lost with its disk"),
        ([recent, old], "s3://bucket", "ok", "of 2026-03-17 12:00 UTC"),
    ]:
        finding = doctor.build_backups_finding(names, target, now)
        assert finding.level == level, (names, target)
        assert message in finding.message, (names, target)
