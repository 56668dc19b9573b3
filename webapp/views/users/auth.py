"""Signing in with a password or a link, and signing out."""

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from webapp.core.extensions import db
from webapp.domain.errors import AppError, InvalidError, RefusedError
from webapp.domain.users.credentials import SHORTEST_PASSWORD, check_password, clean_email
from webapp.forms.users import BY_LINK, FirstOwnerForm, PasswordForm, SignInForm
from webapp.messages import text_for
from webapp.queries import users as user_queries
from webapp.services.users import logins, users
from webapp.web import auth
from webapp.web.auth import public

bp = Blueprint("auth", __name__)


@bp.get("/sign-in")
@public
def sign_in_page() -> ResponseReturnValue:
    target = auth.find_local_target(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target, code=303)
    return render_template("auth/sign_in.html", form=SignInForm(formdata=None, next=target), problem="")


@bp.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return render_template("auth/sign_in.html", form=form, problem=""), 422
    email, password = str(form.email.data), str(form.password.data)
    try:
        user = logins.sign_in(
            db.session(), email, password, request.remote_addr or "", auth.verify_password, datetime.now(UTC)
        )
    except (InvalidError, RefusedError) as error:
        status = 429 if isinstance(error, RefusedError) else 422
        return render_template("auth/sign_in.html", form=form, problem=_format_error(error)), status
    auth.sign_in(user)
    return redirect(auth.find_local_target(form.next.data), code=303)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    auth.sign_out()
    return redirect(url_for("auth.sign_in_page"), code=303)


@bp.get("/sign-in/<token>")
@public
def link_page(token: str) -> ResponseReturnValue:
    """Show the form. Only submitting it uses the link, because mail programs and chats prefetch links."""
    link = user_queries.find_link(db.session(), token, datetime.now(UTC))
    if link is None:
        return _link_gone()
    return _link_form(link, BY_LINK[link.kind](formdata=None))


@bp.post("/sign-in/<token>")
@public
def use_link(token: str) -> ResponseReturnValue:
    now = datetime.now(UTC)
    link = user_queries.find_link(db.session(), token, now)
    # Hashing a password takes too long for an open transaction, which would block other writers.
    db.session.rollback()
    if link is None:
        return _link_gone()
    form = BY_LINK[link.kind]()
    if not form.validate():
        return _link_form(link, form), 422
    email, hashed = link.email, None
    try:
        if isinstance(form, FirstOwnerForm):
            email = clean_email(str(form.email.data))
        if isinstance(form, PasswordForm):
            check_password(str(form.password.data), email)
            hashed = auth.hash_password(str(form.password.data))
        user = users.use_link(db.session(), token, now, email, hashed)
    except InvalidError as error:
        form[error.field].errors = [_format_error(error)]
        return _link_form(link, form), 422
    except RefusedError:
        return _link_gone()
    logins.record_link_sign_in(db.session(), email, request.remote_addr or "", now)
    auth.sign_in(user)
    return redirect("/", code=303)


def _link_form(link: user_queries.Link, form: FlaskForm) -> str:
    return render_template("auth/link.html", link=link, form=form, least=SHORTEST_PASSWORD)


def _link_gone() -> ResponseReturnValue:
    return render_template("auth/link_gone.html"), 410


def _format_error(error: AppError) -> str:
    return text_for(error.code, error.arguments)
