"""The page of an account's rate limits."""

from datetime import UTC, datetime

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from webapp.core import queue
from webapp.core.extensions import db, settings
from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.amazon.errors import RedisUnavailable
from webapp.domain.errors import require
from webapp.health import quotas
from webapp.models.accounts import Account
from webapp.queries.sync import backfills
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page

bp = Blueprint("quotas", __name__)

PRIORITIES = {
    "person": _l("People"),
    "submission": _l("Submissions"),
    "sync": _l("Sync"),
    "backfill": _l("Past orders"),
}


@bp.get("/accounts/<int:account_id>/quotas")
@requires("logs.read")
def show(account_id: int) -> Response:
    session, now = db.session(), datetime.now(UTC)
    account = require(session.get(Account, account_id), "account_unknown", name=account_id)
    try:
        rows, problem = quotas.list_quotas(session, queue.redis(), account, settings().cancel_method, now), ""
    except RedisUnavailable:
        rows, problem = [], _("Redis does not answer, so the calls that are free are not known.")
    return render_fragment_or_page(
        request,
        "accounts/_quotas.html",
        "accounts/quotas.html",
        account=account,
        rows=rows,
        problem=problem,
        priorities=PRIORITIES,
        backfill=backfills.find_status(session, account_id, now),
    )
