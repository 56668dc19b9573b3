"""Mail settings: server, senders of the stores, and a test mail."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, NotFoundError
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail.errors import MailError
from webapp.forms.mails import SenderForm, ServerForm, TestMailForm
from webapp.mailing import composer
from webapp.models.mail_settings import MailServer
from webapp.queries import mails as queries
from webapp.queries.accounts import stores
from webapp.services.mail import settings
from webapp.views.accounts.stores import load_store
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("mail_settings", __name__)

_FIELDS = ("host", "port", "security", "username", "address", "name", "reply_to")
_SERVER = ("mail_settings/_server.html", "mail_settings/show.html")
_TEST = ("mail_settings/_test.html", "mail_settings/show.html")
_SENDER = ("mail_settings/_sender.html", "mail_settings/sender.html")


@bp.get("/mail-settings")
@requires("mails.settings")
def show() -> Response:
    return render_fragment_or_page(request, *_SERVER, **_build_page_context())


@bp.post("/mail-settings")
@requires("mails.settings")
def save() -> Response:
    form = ServerForm()
    fields = {name: form[name].data or "" for name in (*_FIELDS, "password")}
    fields["plain_sign_in"] = "yes" if form.plain_sign_in.data else ""
    try:
        settings.save_server(db.session(), fields, now=datetime.now(UTC), actor=current_user.actor)
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_SERVER, **_build_page_context(form))
    flash(_("Mail server saved. Send a test e-mail to check it."), "good")
    return see_other(request, url_for("mail_settings.show"))


@bp.post("/mail-settings/deletions")
@requires("mails.settings")
def forget() -> Response:
    settings.delete_server(db.session(), now=datetime.now(UTC), actor=current_user.actor)
    flash(_("Mail server removed. No e-mails are sent."), "good")
    return see_other(request, url_for("mail_settings.show"))


@bp.post("/mail-settings/tests")
@requires("mails.settings")
def test() -> Response:
    """Send a test mail with the saved settings, and show the server's answer."""
    session, form = db.session(), TestMailForm()
    problem: MailError | None = None
    done = ""
    try:
        to = mail_states.clean_address(form.to.data or "", "to")
        server, sender = queries.find_server(session), queries.get_sender(session)
        session.rollback()
        if server is None:
            raise NotFoundError("mail_not_configured")
        composer.send_test(
            server, sender, to, _("Test e-mail from Channeldesk"), _("This e-mail shows that sending e-mails works.")
        )
        done = to
    except InvalidError as error:
        add_error(form, error)
    except MailError as error:
        problem = error
    respond = render_fragment_or_page if done else render_invalid
    return respond(request, *_TEST, **_build_page_context(test=form, problem=problem, done=done))


@bp.get("/mail-settings/senders/<slug>")
@requires("mails.settings")
def sender_page(slug: str) -> Response:
    store = load_store(slug)
    own = queries.list_senders(db.session()).get(store.id)
    data = {name: getattr(own, name) for name in ("address", "name", "reply_to")} if own else {}
    return render_fragment_or_page(
        request, *_SENDER, store=store, form=SenderForm(formdata=None, data=data), common=_find_server()
    )


@bp.post("/mail-settings/senders/<slug>")
@requires("mails.settings")
def save_sender(slug: str) -> Response:
    store, form = load_store(slug), SenderForm()
    fields = {name: form[name].data or "" for name in ("address", "name", "reply_to")}
    try:
        settings.save_sender(db.session(), store, fields, now=datetime.now(UTC), actor=current_user.actor)
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_SENDER, store=load_store(slug), form=form, common=_find_server())
    flash(_("Sender saved."), "good")
    return see_other(request, url_for("mail_settings.show"))


def _build_page_context(form: ServerForm | None = None, **more: Any) -> dict[str, Any]:
    session, row = db.session(), _find_server()
    if form is None:
        data: dict[str, Any] = {"port": "587", "security": "starttls"}
        if row:
            data = {name: str(getattr(row, name)) for name in _FIELDS} | {"plain_sign_in": row.plain_sign_in}
        form = ServerForm(formdata=None, data=data)
    page: dict[str, Any] = {"form": form, "server": row, "stores": stores.list_store_names(session)}
    page |= {"senders": queries.list_senders(session), "test": TestMailForm(formdata=None), "problem": None, "done": ""}
    return page | more


def _find_server() -> MailServer | None:
    return queries.find_server_row(db.session())
