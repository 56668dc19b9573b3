"""Sellers API: where an account may sell."""

from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    MalformedError,
    block,
    blocks,
    flag,
    required,
)
from webapp.domain.amazon.types import Participation


def participations(client: Client) -> tuple[Participation, ...]:
    """The marketplaces the account takes part in."""
    return client.call("getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations", _participations)


def _participations(answer: AmazonResponse) -> tuple[Participation, ...]:
    body = answer.json()
    if body.get("payload") is None:
        raise MalformedError("payload is missing")
    found = []
    for at, entry in blocks(body, "payload"):
        marketplace, participation = block(entry, "marketplace", at), block(entry, "participation", at)
        found.append(
            Participation(
                marketplace_id=required(marketplace, "id", f"{at}marketplace."),
                country_code=required(marketplace, "countryCode", f"{at}marketplace."),
                name=required(marketplace, "name", f"{at}marketplace."),
                currency=required(marketplace, "defaultCurrencyCode", f"{at}marketplace."),
                domain=required(marketplace, "domainName", f"{at}marketplace."),
                participating=flag(participation, "isParticipating", f"{at}participation."),
                suspended_listings=flag(participation, "hasSuspendedListings", f"{at}participation."),
            )
        )
    return tuple(found)
