"""The ways Amazon says no, each with what the person can do about it. The port raises them; nobody swallows them."""

from typing import Any


class AmazonError(Exception):
    """Base of all. `code` is Amazon's own word, `request_id` what its support asks for, `operation` what was tried."""

    # Whether the same call may work later without anybody doing anything.
    passing = False
    # One of the causes of `domain/causes.py`.
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
    """LWA refused the client id, the secret or the refresh token, or the access token stays refused when renewed."""

    cause = "bad_credentials"


class Forbidden(AmazonError):
    """403: the application lacks the role, or the seller account is another region's."""

    cause = "forbidden"


class ResourceNotFound(AmazonError):
    """404."""

    cause = "not_there"


class InvalidRequest(AmazonError):
    """400, 413, 415: Amazon did not take what was sent."""

    cause = "invalid_request"


class Throttled(AmazonError):
    """429, or no token left in the house's own bucket. `wait` in seconds, where known."""

    passing = True
    cause = "throttled"

    def __init__(self, message: str, *, wait: float | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.wait = wait


class Unavailable(AmazonError):
    """5xx, refused connection or no answer in time, on a call that changes nothing."""

    passing = True
    cause = "unavailable"


class RedisUnavailable(Unavailable):
    """Redis does not answer, so nobody knows how many calls are left: Amazon is not called."""

    cause = "redis_unavailable"


class OutcomeUnknown(Unavailable):
    """The call may have been carried out and its answer is lost: look before doing it again."""

    cause = "lost_answer"


class InvalidResponse(AmazonError):
    """A success status with a body that is not what the operation promises. Nothing of it is believed."""

    passing = True
    cause = "unintelligible"
