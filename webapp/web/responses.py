"""Responses to pages and HTMX requests. The only code that knows HTMX's headers."""

import json
from typing import Any

from flask import Request, Response, make_response, redirect, render_template

# HTMX stops polling at this status.
STOP_POLLING = 286


def wants_fragment(request: Request) -> bool:
    """Return whether HTMX requests a fragment. Boosted links and its history need the whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_fragment_or_page(request: Request, fragment: str, page: str, **context: Any) -> Response:
    """Render the template `fragment` for HTMX, else the template `page`, which includes it."""
    return _render(fragment if wants_fragment(request) else page, context)


def render_invalid(request: Request, fragment: str, page: str, **context: Any) -> Response:
    """Render the same with status 422: the form shows its errors."""
    response = render_fragment_or_page(request, fragment, page, **context)
    response.status_code = 422
    return response


def stop_polling(fragment: str, **context: Any) -> Response:
    """Render a fragment that ends polling."""
    response = _render(fragment, context)
    response.status_code = STOP_POLLING
    return response


def see_other(request: Request, url: str) -> Response:
    """Redirect with 303; HTMX, which would follow it into the fragment, gets HX-Redirect instead."""
    if wants_fragment(request):
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
    else:
        response = make_response(redirect(url, code=303))
    return _set_vary_header(response)


def toast(response: Response) -> Response:
    """Let HTMX show this response as a toast, whatever the request's target is."""
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    return _set_vary_header(response)


def fresh_token(response: Response, token: str) -> Response:
    """Give the open page a new CSRF token for its forms."""
    response.headers["HX-Trigger"] = json.dumps({"freshToken": token})
    return response


def _render(template: str, context: dict[str, Any]) -> Response:
    return _set_vary_header(make_response(render_template(template, **context)))


def _set_vary_header(response: Response) -> Response:
    # Without it a cache could return a fragment for a page request.
    response.vary.add("HX-Request")
    return response
