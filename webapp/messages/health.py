"""Health checks: what is wrong, and what to do."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "health_database_disk_full": _l("The disk of the database is full: nothing can be saved. Make room on it."),
    "health_database_read_only": _l("The database can only be read. Make its folder and file writable."),
    "health_database_locked": _l("Another program holds the write lock of the database. End it."),
    "health_database_disk_error": _l("The disk of the database reports errors. Check the system's log."),
    "health_database_missing": _l("The database is gone or cannot be opened. Put it or a backup back in its place."),
    "health_database_damaged": _l("The database is damaged. Keep a copy and restore the last good backup."),
    "health_database_unreachable": _l("The database server does not respond. Start it."),
    "health_keys": _l("Stored data cannot be decrypted with the keys of this installation. Put the right keys back."),
    "health_disk": _l("%(percent)s %% of the disk is free (%(free)s MB). Make room on it."),
    "health_redis": _l("Redis does not respond (%(error)s). Nothing is sent or fetched until it does."),
    "health_redis_full": _l("Redis is out of memory and refuses jobs. Raise its maxmemory."),
    "health_scheduler": _l("The scheduler has stopped: no job is started."),
    "health_queue": _l("No worker responds on the queue %(queue)s."),
    "health_process_silent": _l("The process %(process)s does not respond."),
    "health_process_replaced": _l("The process %(process)s did not respond and was replaced."),
    "health_credentials": _l("Amazon refuses the credentials of the account %(account)s. Replace them."),
    "health_secret_expires": _l(
        "The client secret of the account %(account)s expires in %(days)s days. Rotate it in Seller Central and enter "
        "the new one."
    ),
    "health_secret_expired": _l(
        "The client secret of the account %(account)s was entered more than 180 days ago. Rotate it in Seller Central "
        "and enter the new one."
    ),
    "health_sync_late": _l("The account %(account)s was not synced within three of its intervals."),
    "health_sync_paused": _l("The sync of the account %(account)s is paused."),
    "health_clock_ahead": _l("The clock of this machine is %(seconds)s s ahead of Amazon's. Set it."),
    "health_clock_behind": _l("The clock of this machine is %(seconds)s s behind Amazon's. Set it."),
    "health_submissions_overdue": _l("%(count)s submissions to Amazon are overdue by more than 5 minutes."),
    "health_mails_overdue": _l("%(count)s messages are overdue by more than 5 minutes."),
    "health_job_overdue": _l("The job %(job)s is overdue by more than 5 minutes."),
    "health_backlog_submissions": _l("%(count)s submissions wait to be sent or checked."),
    "health_backlog_mails": _l("%(count)s messages wait to be sent."),
    "health_fence": _l("Sending is paused until an owner releases it: %(why)s"),
    "health_backup": _l("The last backup failed. The log says why."),
    "alarm_recipients_many": _l("There are more than %(most)s addresses."),
    "alarm_url_malformed": _l("This is not a web address. Write it as https://example.com/path."),
    "alarm_server_slow": _l("The server takes too long. The message may have arrived; it is sent again."),
    "alarm_url_unreachable": _l("The server does not respond (%(error)s). Check the address."),
    "alarm_time_malformed": _l("This is not a time of day. Write it as 22:00."),
    "alarm_quiet_hours_half": _l("Quiet hours need a start and an end."),
    "alarm_zone_unknown": _l("There is no time zone %(name)s. Write it as Europe/Berlin."),
    "alarm_nowhere": _l("No alarm is sent yet. Enter an e-mail address or a webhook first."),
    "alarm_settings_changed": _l("Alarm settings changed"),
    "health_orders_missing": _l(
        "%(count)s orders are missing or out of date, and could not be read again within an hour."
    ),
    "health_check_failed": _l("A check could not be made (%(error)s)."),
}
