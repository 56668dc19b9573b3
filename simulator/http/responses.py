"""Responses as Amazon sends them."""

import json
from typing import Any

from flask import Response

from simulator.operations.errors import ApiError


def json_response(content: Any, status: int = 200) -> Response:
    """Return JSON in UTF-8, without escapes."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), status, content_type="application/json")


def error_response(status: int, code: str, message: str, details: str = "") -> Response:
    return json_response({"errors": [{"code": code, "message": message, "details": details}]}, status)


def api_error_response(error: ApiError) -> Response:
    return error_response(error.status, error.code, error.message, error.details)


def token_error_response(status: int, error: str, description: str) -> Response:
    """Return an error of Login with Amazon, which has a format of its own."""
    return json_response({"error_description": description, "error": error}, status)


def invalid_grant_response() -> Response:
    return token_error_response(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
