"""The errors of operations, as Amazon reports them."""

ACCESS_DENIED = "Access to requested resource is denied."


class ApiError(Exception):
    """An HTTP status and one entry of Amazon's error list."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class InvalidStateError(ValueError):
    """The status of the order does not allow the change."""


def invalid_input(message: str) -> ApiError:
    return ApiError(400, "InvalidInput", message)


def not_found(message: str) -> ApiError:
    return ApiError(404, "NotFound", message)


def access_denied(details: str = "") -> ApiError:
    return ApiError(403, "Unauthorized", ACCESS_DENIED, details)
