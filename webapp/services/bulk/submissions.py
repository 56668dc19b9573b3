"""Bulk action that retries many submissions."""

from sqlalchemy.orm import Session

from webapp.services.bulk.handlers import BulkHandler, Outcome, Task
from webapp.services.submissions import user_actions


def _retry(session: Session, task: Task) -> Outcome:
    undo_seconds = int(task.args.get("undo_seconds", 0))
    user_actions.resubmit(session, task.subject_id, undo_seconds=undo_seconds, now=task.now, actor=task.actor)
    return Outcome("bulk_submission_retried")


RETRY = BulkHandler("retry_submissions", "submissions.write", _retry, subject="submission", immediate=True)
