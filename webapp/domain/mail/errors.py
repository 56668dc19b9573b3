"""Errors of mail servers, raised by the connection. Services decide what they mean for a mail."""


class MailError(Exception):
    """Base class. `cause` is a code of `messages`; `words` is the server's own message."""

    def __init__(self, cause: str, words: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.words = words


class ServerTrouble(MailError):
    """The server accepts no mail at the moment; the mail is not at fault and was not accepted."""


class MailRefused(MailError):
    """The server refused this mail. `passing`: the refusal is temporary."""

    def __init__(self, cause: str, words: str = "", *, passing: bool) -> None:
        super().__init__(cause, words)
        self.passing = passing


class MailLost(MailError):
    """The connection ended while the text was sent: the server may have accepted it."""


class CannotWrite(MailError):
    """The mail cannot be built: its document cannot be printed, or is too large."""
