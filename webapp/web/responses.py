"""What goes back to the browser. The only code that knows HTMX's headers; every view answers through here."""

import json
from typing import Any

from flask import Request, Response, make_response, redirect, render_template

# HTMX takes this status as "stop polling".
STOP_POLLING = 286


def wants_fragment(request: Request) -> bool:
    """HTMX asks for a part of the page. Boosted links and its history need the whole one."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_fragment_or_page(request: Request, fragment: str, page: str, **context: Any) -> Response:
    """The template `fragment` for HTMX, the template `page` (which includes it) for everybody else."""
    return _rendered(fragment if wants_fragment(request) else page, context)


def render_invalid(request: Request, fragment: str, page: str, **context: Any) -> Response:
    """The same with status 422: what was entered cannot be taken, and the form says why."""
    response = render_fragment_or_page(request, fragment, page, **context)
    response.status_code = 422
    return response


def stop_polling(fragment: str, **context: Any) -> Response:
    """The last fragment of something that was polled."""
    response = _rendered(fragment, context)
    response.status_code = STOP_POLLING
    return response


def see_other(request: Request, url: str) -> Response:
    """Go and look there: 303, which HTMX would follow into the fragment, so it is told to load the page."""
    if wants_fragment(request):
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
    else:
        response = make_response(redirect(url, code=303))
    return _varied(response)


def toast(response: Response) -> Response:
    """Let HTMX put this answer among the toasts, whatever the request meant to replace."""
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    return _varied(response)


def fresh_token(response: Response, token: str) -> Response:
    """Let the page that is open send its forms with this token from now on."""
    response.headers["HX-Trigger"] = json.dumps({"freshToken": token})
    return response


def _rendered(template: str, context: dict[str, Any]) -> Response:
    return _varied(make_response(render_template(template, **context)))


def _varied(response: Response) -> Response:
    # Without it a cache hands out a fragment where a page was asked for.
    response.vary.add("HX-Request")
    return response
