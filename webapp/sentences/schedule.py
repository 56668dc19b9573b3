"""The recurring jobs."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "interval_out_of_range": _l("An interval must be between %(least)s and %(most)s seconds."),
    "job_never_rests": _l("This job picks up what was lost elsewhere, so it cannot be paused."),
    "job_unknown": _l("There is no recurring job %(name)s."),
    "job_interval_changed": _l("%(job)s runs every %(after)s seconds now; before, every %(before)s."),
    "job_run_asked": _l("%(job)s was asked to run now."),
    "job_paused": _l("%(job)s was paused."),
    "job_resumed": _l("%(job)s goes on."),
}
