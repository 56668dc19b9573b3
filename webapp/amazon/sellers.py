"""Sellers API: the marketplaces of an account."""

from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    MalformedError,
    optional_object,
    optional_objects,
    required_bool,
    required_word,
)
from webapp.domain.amazon.types import Participation


def get_participations(client: Client) -> tuple[Participation, ...]:
    """Return the marketplaces the account takes part in."""
    return client.call(
        "getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations", _parse_participations
    )


def _parse_participations(response: AmazonResponse) -> tuple[Participation, ...]:
    body = response.json()
    if body.get("payload") is None:
        raise MalformedError("payload is missing")
    participations = []
    for path, entry in optional_objects(body, "payload"):
        marketplace, participation = (
            optional_object(entry, "marketplace", path),
            optional_object(entry, "participation", path),
        )
        participations.append(
            Participation(
                marketplace_id=required_word(marketplace, "id", f"{path}marketplace."),
                country_code=required_word(marketplace, "countryCode", f"{path}marketplace."),
                name=required_word(marketplace, "name", f"{path}marketplace."),
                currency=required_word(marketplace, "defaultCurrencyCode", f"{path}marketplace."),
                domain=required_word(marketplace, "domainName", f"{path}marketplace."),
                participating=required_bool(participation, "isParticipating", f"{path}participation."),
                suspended_listings=required_bool(participation, "hasSuspendedListings", f"{path}participation."),
            )
        )
    return tuple(participations)
