"""Amazon's ways of answering: JSON bodies, the error list, and the refusals that an operation raises."""

import json
from typing import Any

from flask import Response

QUOTA_MESSAGE = "You exceeded your quota for the requested resource."
DENIED_MESSAGE = "Access to requested resource is denied."


class Refused(Exception):
    """Amazon's no: an HTTP status and one error of its list."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def answer(self) -> Response:
        return errors(self.status, self.code, self.message, self.details)


def invalid(message: str, details: str = "") -> Refused:
    return Refused(400, "InvalidInput", message, details)


def not_found(message: str) -> Refused:
    return Refused(404, "NotFound", message)


def denied(details: str = "") -> Refused:
    return Refused(403, "Unauthorized", DENIED_MESSAGE, details)


def errors(status: int, code: str, message: str, details: str = "") -> Response:
    return body({"errors": [{"code": code, "message": message, "details": details}]}, status)


def body(content: Any, status: int = 200) -> Response:
    """JSON as Amazon sends it: UTF-8, not escaped."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), status, content_type="application/json")


def nothing(status: int) -> Response:
    """A success without a body."""
    return Response(status=status)
