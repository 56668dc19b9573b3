"""Credentials of a seller account, and the calls that test them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from webapp.domain.amazon.types import Participation


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of one seller account in one region, exactly as entered; secrets never show in `repr`.

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
    """The calls to Amazon for connecting an account. Every method raises a typed `AmazonError`."""

    def participations(self) -> tuple[Participation, ...]: ...

    def probe_datasets(self, marketplace_ids: Sequence[str]) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """Amazon's response to a test of credentials.

    `marketplaces`: where the account may sell, within its region. `missing`: the datasets Amazon refuses it.
    `skipped`: marketplaces that are not sites of Amazon's, whose orders it does not give.
    """

    marketplaces: tuple[Participation, ...]
    missing: frozenset[str]
    skipped: tuple[Participation, ...] = ()
