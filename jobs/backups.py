"""The job that makes the nightly backup."""

import logging
from datetime import UTC, datetime

from webapp.backups import runs
from webapp.core.errors import CannotRunError
from webapp.core.extensions import settings
from webapp.domain.errors import RefusedError

log = logging.getLogger(__name__)


def make_backup() -> None:
    try:
        result = runs.make(settings(), now=datetime.now(UTC))
    except CannotRunError as error:
        log.error("%s", error)  # noqa: TRY400 - the line says it all
        raise RefusedError("backup_failed") from None
    log.info("Backup %s (%s bytes), verified; %s expired", result.location, result.size, len(result.deleted))
