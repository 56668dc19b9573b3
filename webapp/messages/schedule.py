"""The recurring jobs."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "interval_out_of_range": _l("An interval must be between %(least)s and %(most)s seconds."),
    "job_never_rests": _l("This job restarts stuck jobs, so it cannot be paused."),
    "job_unknown": _l("There is no recurring job %(name)s."),
    "job_interval_changed": _l("%(job)s: interval changed from %(before)s to %(after)s seconds."),
    "job_run_asked": _l("%(job)s will run now."),
    "job_paused": _l("%(job)s was paused."),
    "disk_full": _l("The disk of the database is full."),
    "read_only": _l("The database is read-only."),
    "locked": _l("Another program locked the database for too long."),
    "disk_error": _l("The disk of the database reported an error."),
    "missing": _l("The database cannot be found or opened."),
    "damaged": _l("The database is damaged."),
    "unreachable": _l("The database server did not answer."),
    "keys": _l("Stored data cannot be decrypted with the keys of this installation."),
    "backup_failed": _l("The backup failed. The log says why."),
    "job_resumed": _l("%(job)s was resumed."),
}
