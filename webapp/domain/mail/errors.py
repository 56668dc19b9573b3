"""The ways a mail server says no. Whoever speaks to it raises them; the verbs decide what they mean for a mail."""


class MailError(Exception):
    """Base of all. `cause` is a code of `messages`; `words` are the server's own, as it said them."""

    def __init__(self, cause: str, words: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.words = words


class ServerTrouble(MailError):
    """Nothing can be sent through this server now: no mail is to blame, and none was taken."""


class MailRefused(MailError):
    """The server did not take this one mail. `passing`: it asks to be tried again later."""

    def __init__(self, cause: str, words: str = "", *, passing: bool) -> None:
        super().__init__(cause, words)
        self.passing = passing


class MailLost(MailError):
    """The text was on its way when the connection ended: the server may have taken it."""


class CannotWrite(MailError):
    """The mail cannot be made: its document cannot be printed, or is too large."""
