"""Error pages: one table from errors to statuses, one from statuses to texts."""

import logging
from typing import NamedTuple

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException, InternalServerError

from webapp.core import database_problems, queue
from webapp.db.database_errors import Cause, find_cause
from webapp.domain import errors as domain
from webapp.messages import text_for
from webapp.web import auth, responses

PAGE_EXPIRED = 419


class ErrorText(NamedTuple):
    """`title`: what happened. `advice`: what to do now."""

    title: str | LazyString
    advice: str | LazyString


DOMAIN_ERRORS: dict[type[domain.AppError], int] = {
    domain.NotFoundError: 404,
    domain.InvalidError: 422,
    domain.ConfirmationError: 422,
    domain.RefusedError: 409,
    domain.BusyError: 409,
}

PAGES = {
    400: ErrorText(
        _l("Bad request"),
        _l("Part of the address or of the submitted data is invalid. Go back and try again."),
    ),
    401: ErrorText(
        _l("Please sign in"), _l("This page is for people who are signed in. You may have been signed out.")
    ),
    403: ErrorText(
        _l("Permission denied"),
        _l("Your account does not have this permission. Your administrator can grant it."),
    ),
    404: ErrorText(
        _l("Page not found"),
        _l("The address may be mistyped, or the item was deleted. Check the number, or search for it."),
    ),
    405: ErrorText(
        _l("Method not allowed"),
        _l("This address only accepts submitted forms. Go back and use the button."),
    ),
    409: ErrorText(
        _l("This action is not possible now"), _l("Nothing was changed. Check the current state, then try again.")
    ),
    413: ErrorText(_l("The upload is too large"), _l("Send a smaller file, or split it.")),
    PAGE_EXPIRED: ErrorText(
        _l("This page was open for too long"),
        _l("For security, forms expire after a while. Nothing was changed. Reload the page and try again."),
    ),
    422: ErrorText(_l("Invalid data"), _l("Some of the entered data is invalid. Nothing was changed.")),
    429: ErrorText(_l("Too many attempts"), _l("Wait a minute, then try again.")),
    500: ErrorText(
        _l("Internal error"),
        _l("The error was logged. Try again; if it persists, contact your administrator."),
    ),
    503: ErrorText(_l("Channeldesk is not ready"), _l("It is starting or being updated. Try again in a moment.")),
}


# Problems of the database: 503 until the operator has fixed them.
DATABASE_PROBLEMS = {
    Cause.DISK_FULL: ErrorText(
        _l("The disk is full"),
        _l("Pages can be viewed, but nothing can be saved. Your administrator has to free disk space; then try again."),
    ),
    Cause.READ_ONLY: ErrorText(
        _l("The database is read-only"),
        _l(
            "Pages can be viewed, but nothing can be saved. Your administrator has to make the database "
            "writable; then try again."
        ),
    ),
    Cause.LOCKED: ErrorText(
        _l("The database is busy"),
        _l(
            "Another program has locked it for more than ten seconds. Try again in a moment; if it persists, "
            "contact your administrator."
        ),
    ),
    Cause.DISK_ERROR: ErrorText(
        _l("Disk error"),
        _l("The database could not be read or written. Contact your administrator before you continue."),
    ),
    Cause.MISSING: ErrorText(
        _l("The database cannot be found"),
        _l("Its file is missing or cannot be opened. Your administrator has to restore it or a backup."),
    ),
    Cause.DAMAGED: ErrorText(
        _l("The database is damaged"),
        _l("Your administrator has to stop Channeldesk and restore the last good backup. Do not change anything now."),
    ),
    Cause.UNREACHABLE: ErrorText(
        _l("The database does not respond"),
        _l("Try again in a moment; if it persists, contact your administrator."),
    ),
    Cause.KEYS: ErrorText(
        _l("Stored data cannot be decrypted"),
        _l(
            "The encryption keys do not match the data. Your administrator has to restore the right keys; no "
            "data is lost."
        ),
    ),
}
# Seconds, for the header of the same name.
_RETRY_AFTER = 30


class _DatabaseProblemFilter(logging.Filter):
    """Keep Flask from logging a traceback for each request while the database has a problem; it is reported instead."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return error is None or find_cause(error) is None or database_problems.report(error, queue.redis()) is None


def init_app(app: Flask) -> None:
    app.logger.addFilter(_DatabaseProblemFilter())
    app.register_error_handler(domain.AppError, _handle_app_error)
    app.register_error_handler(CSRFError, _handle_expired_page)
    app.register_error_handler(HTTPException, _handle_http_error)


def _handle_app_error(error: domain.AppError) -> Response:
    status = next((DOMAIN_ERRORS[kind] for kind in type(error).__mro__ if kind in DOMAIN_ERRORS), 500)
    return _render_error(status, message=text_for(error.code, error.arguments))


def _handle_expired_page(_error_of_token: CSRFError) -> Response:
    if not responses.wants_fragment(request):
        return _render_error(PAGE_EXPIRED)
    # A page that was open while its user signed in again gets the new token and keeps its input.
    message = _("Nothing was changed, and your entries are still here. Submit again.")
    return responses.fresh_token(_render_error(PAGE_EXPIRED, message=message), generate_csrf())


def _handle_http_error(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        # A redirect raised as an exception, or a complete response.
        return make_response(error.get_response())
    cause = find_cause(error.original_exception) if isinstance(error, InternalServerError) else None
    if cause is not None:
        return _handle_database_problem(cause)
    # The description of this error; Werkzeug's own belong to the class.
    response = _render_error(error.code, message=vars(error).get("description") or "")
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def _handle_database_problem(cause: Cause) -> Response:
    response = _render_error(503, words=DATABASE_PROBLEMS[cause])
    response.headers["Retry-After"] = str(_RETRY_AFTER)
    return response


def _render_error(status: int, message: str = "", words: ErrorText | None = None) -> Response:
    """Return the page, or the toast for HTMX. `message`: the exact message, when there is one."""
    words = words or PAGES.get(status) or PAGES[400 if status < 500 else 500]
    template = "errors/_toast.html" if responses.wants_fragment(request) else "errors/page.html"
    back = _find_back_url() if request.method == "POST" else ""
    response = make_response(render_template(template, status=status, words=words, message=message, back=back), status)
    return responses.toast(response)


def _find_back_url() -> str:
    """Return the path of the page the form was on, or an empty string if it cannot be opened by GET."""
    path = auth.find_referring_page()
    adapter = current_app.create_url_adapter(request)
    return path if adapter is not None and adapter.test(path.partition("?")[0], method="GET") else ""
