"""What it takes to speak to Amazon for one seller account."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys of one seller account in one region, exactly as they were entered; secrets never show in `repr`.

    `account_key` is the account's stable id, as text: what is paced at Amazon is counted under it.
    """

    account_key: str
    seller_id: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    endpoint: str
    token_url: str
