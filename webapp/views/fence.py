"""The fence after a restore: waiting rows, Amazon's feeds, and its release."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.common import marketplaces
from webapp.messages import text_for
from webapp.queries import fences as queries
from webapp.services import fences
from webapp.services.mail import outbox as mail_outbox
from webapp.services.submissions import user_actions
from webapp.web.auth import requires
from webapp.web.formatting import number
from webapp.web.formatting.actors import names
from webapp.web.responses import see_other

bp = Blueprint("fence", __name__, url_prefix="/fence")


@bp.get("")
@requires("fence.write")
def show() -> Response:
    session = db.session()
    overview = queries.load_overview(session)
    actors = [row.actor for row in overview.mails] if overview else []
    actors += [row.Submission.requested_by for row in overview.submissions] if overview else []
    page = render_template(
        "fence/show.html",
        overview=overview,
        reason=text_for(f"fence_{overview.fence.reason}") if overview else "",
        people=names(session, actors),
        zone_of=marketplaces.get_time_zone,
        limit=queries.LIMIT,
    )
    return make_response(page)


@bp.post("/release")
@requires("fence.write")
def release_all() -> Response:
    """End the fence."""
    unconfirmed = fences.release_all(db.session(), now=datetime.now(UTC), actor=current_user.actor)
    text = _("Sending was resumed. What Amazon already shows is not sent again.")
    if unconfirmed:
        text += " " + ngettext(
            "%(count)s message may have arrived before and was not sent: decide about it under Messages.",
            "%(count)s messages may have arrived before and were not sent: decide about them under Messages.",
            unconfirmed,
            count=number(unconfirmed),
        )
    flash(text, "good")
    return _back()


@bp.post("/discard")
@requires("fence.write")
def discard_all() -> Response:
    """Discard everything that waits; the fence stays."""
    discarded = fences.discard_all(db.session(), now=datetime.now(UTC), actor=current_user.actor)
    flash(ngettext("%(count)s was discarded.", "%(count)s were discarded.", discarded, count=number(discarded)), "good")
    return _back()


@bp.post("/submissions/<int:submission_id>/release")
@requires("fence.write")
def release_submission(submission_id: int) -> Response:
    fences.release_submission(db.session(), submission_id, now=datetime.now(UTC), actor=current_user.actor)
    return _back()


@bp.post("/submissions/<int:submission_id>/discard")
@requires("fence.write")
def discard_submission(submission_id: int) -> Response:
    user_actions.undo(db.session(), submission_id, now=datetime.now(UTC), actor=current_user.actor)
    return _back()


@bp.post("/mails/<int:mail_id>/release")
@requires("fence.write")
def release_mail(mail_id: int) -> Response:
    fences.release_mail(db.session(), mail_id, now=datetime.now(UTC), actor=current_user.actor)
    return _back()


@bp.post("/mails/<int:mail_id>/discard")
@requires("fence.write")
def discard_mail(mail_id: int) -> Response:
    mail_outbox.discard(db.session(), mail_id, now=datetime.now(UTC), actor=current_user.actor)
    return _back()


def _back() -> Response:
    return see_other(request, url_for("fence.show"))
