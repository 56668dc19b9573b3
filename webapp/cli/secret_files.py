"""Secrets read from files, so that they appear in no shell history."""

from pathlib import Path

from webapp.domain.errors import InvalidError


def read_secret(path: Path) -> str:
    """Return the secret that a file holds, without the line break that editors and `echo` add at its end.

    Raises InvalidError, naming the file, if it cannot be read or does not hold exactly one secret.
    """
    try:
        text = path.read_bytes().decode("ascii")
    except OSError as error:
        raise InvalidError("file_unreadable", path=str(path), reason=error.strerror or "unknown") from None
    except UnicodeDecodeError:
        raise InvalidError("secret_file_not_text", path=str(path)) from None
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise InvalidError("secret_file_empty", path=str(path))
    if any(letter.isspace() for letter in secret):
        raise InvalidError("secret_file_with_space", path=str(path))
    return secret
