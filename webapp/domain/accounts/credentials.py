"""What it takes to speak to Amazon for one seller account."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from webapp.domain.amazon.types import Participation


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


class AccountGateway(Protocol):
    """What connecting asks of Amazon. `webapp/amazon` answers it. Every method raises a typed `AmazonError`."""

    def participations(self) -> tuple[Participation, ...]: ...

    def probe_datasets(self, marketplace_ids: Sequence[str]) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """What Amazon answered to credentials.

    `marketplaces`: where the account may sell, within its region. `missing`: the datasets Amazon refuses it.
    """

    marketplaces: tuple[Participation, ...]
    missing: frozenset[str]
