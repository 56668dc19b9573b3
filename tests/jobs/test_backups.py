"""The nightly backup as a job."""

from pathlib import Path

import pytest
from flask import Flask

from jobs import backups as job
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.domain.errors import RefusedError

pytestmark = pytest.mark.both_databases


def test_the_job_makes_a_backup_in_the_configured_place(app: Flask, settings: Settings) -> None:
    job.make_backup()
    (path,) = (settings.data_dir / "backups").iterdir()
    assert path.name.endswith("Z.backup")


def test_a_backup_that_fails_is_a_failed_run_with_the_reason_in_the_log(
    app: Flask, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.data_dir / "backups").write_text("in the way")
    with pytest.raises(RefusedError, match="backup_failed"):
        job.make_backup()
    assert "backups cannot be used for backups" in caplog.text
    db.session.remove()
