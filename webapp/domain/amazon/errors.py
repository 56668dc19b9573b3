"""Errors of calls to Amazon, raised by the gateway."""

from typing import Any


class AmazonError(Exception):
    """Base class. `code` and `request_id` are Amazon's, `operation` is the name of the call."""

    # Whether the same call may succeed later without any change.
    is_temporary = False
    # The code that is stored and shown (`messages/amazon_errors.py`).
    cause = "amazon_error"

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id


class BadCredentials(AmazonError):
    """LWA refused the client id, the secret or the refresh token, or Amazon refused a renewed access token."""

    cause = "bad_credentials"


class Forbidden(AmazonError):
    """403: the application lacks the role, or the seller account is another region's."""

    cause = "forbidden"


class ResourceNotFound(AmazonError):
    """404."""

    cause = "resource_not_found"


class InvalidRequest(AmazonError):
    """400, 413, 415: Amazon rejected the request."""

    cause = "invalid_request"


class Throttled(AmazonError):
    """429, or no token left in our own rate limiter. `wait` in seconds, where known."""

    is_temporary = True
    cause = "throttled"

    def __init__(self, message: str, *, wait: float | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.wait = wait


class Unavailable(AmazonError):
    """5xx, no connection, or no response in time, on a call that is safe to repeat."""

    is_temporary = True
    cause = "unavailable"


class RedisUnavailable(Unavailable):
    """Redis is not available. Without the shared rate limits Amazon is not called."""

    cause = "redis_unavailable"


class OutcomeUnknown(Unavailable):
    """The call may have been carried out, but its response was lost: check before repeating it."""

    cause = "outcome_unknown"


class InvalidResponse(AmazonError):
    """A success status with a body that does not match the operation. No part of it is used."""

    is_temporary = True
    cause = "invalid_response"


class UnreadableReport(InvalidResponse):
    """A processing report in a form that is not known. Another attempt to read it would get the same document."""

    cause = "unreadable_report"
