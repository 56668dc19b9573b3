"""Seller accounts: connecting them, their credentials, and their health."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.accounts.credentials import AccountGateway, ConnectionReport, Credentials
from webapp.domain.amazon.errors import AmazonError
from webapp.domain.amazon.types import DATASETS, Participation
from webapp.domain.common import clocks, marketplaces
from webapp.domain.common.marketplaces import Marketplace
from webapp.domain.errors import InvalidError, require
from webapp.domain.sync.completeness import find_next_night
from webapp.models.accounts import Account
from webapp.models.completeness import CompletenessCheck
from webapp.services import audit_log, schedule
from webapp.services.accounts import stores

# Amazon returns no orders older than two years.
MAX_BACKFILL_DAYS = 730
SYNC_INTERVAL = 180
# A dataset refused for longer than this after it last worked counts as a missing role, not as an outage.
MAX_OUTAGE = timedelta(days=3)
OUTAGE_PAUSE = timedelta(minutes=15)
_REQUIRED = ("name", "region", "seller_id", "client_id", "client_secret", "refresh_token")
# The sizes of the columns; the names of stores add a country to the account's name.
_MAX_LENGTHS = {"name": 70, "seller_id": 40, "client_id": 200, "endpoint": 300, "token_url": 300}


def get_credentials(account: Account) -> Credentials:
    """Return the credentials for the gateway."""
    return Credentials(
        account_key=str(account.id),
        seller_id=account.seller_id,
        client_id=account.client_id,
        client_secret=account.client_secret,
        refresh_token=account.refresh_token,
        endpoint=account.endpoint or marketplaces.ENDPOINTS[account.region],
        token_url=account.token_url or marketplaces.TOKEN_URL,
    )


def check_fields(fields: dict[str, str]) -> Credentials:
    """Check the entered fields before Amazon is called. Raises InvalidError naming the field."""
    for name in _REQUIRED:
        if not fields.get(name):
            raise InvalidError("field_required", field=name, name=name)
    for name, limit in _MAX_LENGTHS.items():
        if len(fields.get(name, "")) > limit:
            raise InvalidError("text_too_long", field=name, most=limit)
    if fields["region"] not in marketplaces.REGIONS:
        raise InvalidError("region_unknown", field="region", region=fields["region"])
    for name in ("seller_id", "client_id", "client_secret", "refresh_token"):
        if any(character.isspace() for character in fields[name]):
            raise InvalidError("secret_with_space", field=name, name=name)
    for name in ("endpoint", "token_url"):
        if fields.get(name) and not fields[name].startswith(("https://", "http://")):
            raise InvalidError("url_without_scheme", field=name, name=name)
    return Credentials(
        account_key=f"new-{fields['seller_id']}",
        seller_id=fields["seller_id"],
        client_id=fields["client_id"],
        client_secret=fields["client_secret"],
        refresh_token=fields["refresh_token"],
        endpoint=fields.get("endpoint") or marketplaces.ENDPOINTS[fields["region"]],
        token_url=fields.get("token_url") or marketplaces.TOKEN_URL,
    )


def check_not_connected(session: Session, fields: dict[str, str]) -> None:
    """Raise InvalidError if the name or the seller account itself exists already."""
    name = fields["name"].strip()
    if session.scalar(select(Account.id).where(Account.name == name)):
        raise InvalidError("account_name_taken", field="name", name=name)
    same = select(Account.name).where(Account.seller_id == fields["seller_id"], Account.region == fields["region"])
    if other_name := session.scalar(same):
        raise InvalidError("account_connected_already", field="seller_id", name=other_name)


def try_connection(gateway: AccountGateway, region: str) -> ConnectionReport:
    """Fetch the marketplaces and the readable datasets from Amazon. Must not be called in a transaction.

    Raises InvalidError if it sells nowhere in `region`, and AmazonError.
    """
    participating = [participation for participation in gateway.participations() if participation.participating]
    skipped = tuple([entry for entry in participating if not marketplaces.is_amazons(entry.domain)])
    in_region, other_regions = [], set()
    for participation in participating:
        marketplace = marketplaces.BY_ID.get(participation.marketplace_id)
        if participation in skipped:
            continue
        # A marketplace that opened after this release belongs to the region whose endpoint names it.
        if marketplace is None or marketplace.region == region:
            in_region.append(participation)
        else:
            other_regions.add(marketplace.region)
    if other_regions and not any(entry.marketplace_id in marketplaces.BY_ID for entry in in_region):
        raise InvalidError("region_differs", field="region", region=region, right=", ".join(sorted(other_regions)))
    if not in_region:
        raise InvalidError("account_sells_nowhere", field="region")
    missing = gateway.probe_datasets([participation.marketplace_id for participation in in_region])
    return ConnectionReport(tuple(in_region), missing, skipped)


def try_replacement(gateway: AccountGateway, region: str, stores: Mapping[str, str]) -> ConnectionReport:
    """Test new credentials of a connected account. `stores`: the countries of its stores by marketplace id.

    Raises InvalidError if they belong to an account that does not sell there.
    """
    report = try_connection(gateway, region)
    sells_in = {participation.marketplace_id for participation in report.marketplaces}
    missing = [country for marketplace_id, country in stores.items() if marketplace_id not in sells_in]
    if missing:
        raise InvalidError("credentials_of_another", field="refresh_token", countries=", ".join(missing))
    return report


def check_marketplaces(
    selected: Sequence[str], region: str, participations: Iterable[Participation]
) -> list[tuple[Marketplace, str | None]]:
    """Return the selected marketplaces, given as `DE` or as ids. Raises InvalidError.

    Each is returned with what Amazon says of it if this release does not know it, else with None.
    """
    if not selected:
        raise InvalidError("marketplaces_none", field="marketplaces")
    participating = {
        participation.marketplace_id: participation for participation in participations if participation.participating
    }
    checked: dict[str, tuple[Marketplace, str | None]] = {}
    for text in selected:
        marketplace, facts = marketplaces.find(text), None
        if marketplace is None:
            marketplace, facts = _find_new_marketplace(text, region, participating.values())
        if marketplace is None:
            raise InvalidError("marketplace_unknown", field="marketplaces", marketplace=text)
        if marketplace.region != region:
            raise InvalidError(
                "marketplace_other_region",
                field="marketplaces",
                marketplace=text,
                region=region,
                right=marketplace.region,
            )
        if marketplace.id not in participating:
            raise InvalidError("marketplace_not_taking_part", field="marketplaces", marketplace=text)
        checked.setdefault(marketplace.id, (marketplace, facts))
    return list(checked.values())


def _find_new_marketplace(
    text: str, region: str, participations: Iterable[Participation]
) -> tuple[Marketplace | None, str | None]:
    """Return the marketplace that only Amazon knows by this id or country code, and what Amazon says of it."""
    for participation in participations:
        if text.strip().upper() in (participation.marketplace_id.upper(), participation.country_code.upper()):
            facts = build_marketplace_facts(participation, region)
            return marketplaces.get(participation.marketplace_id, facts), facts
    return None, None


def build_marketplace_facts(participation: Participation, region: str) -> str:
    """Return what Amazon says of a marketplace, to be stored with its store."""
    return marketplaces.build_facts(
        participation.country_code, participation.name, participation.currency, participation.domain, region
    )


def connect(
    session: Session,
    fields: dict[str, str],
    selected: Sequence[str],
    participations: Iterable[Participation],
    *,
    backfill_days: int = 0,
    sync_interval: int = SYNC_INTERVAL,
    now: datetime,
    actor: str,
) -> Account:
    """Store an account whose credentials Amazon has accepted, with a store for each marketplace. Commits.

    `participations`: Amazon's answer, which the caller has read outside of any transaction. `backfill_days`: how far
    back orders are imported and created; 0 starts now. `sync_interval`: seconds between two syncs. Raises InvalidError.
    """
    check_fields(fields)
    checked = check_marketplaces(selected, fields["region"], participations)
    if not 0 <= backfill_days <= MAX_BACKFILL_DAYS:
        raise InvalidError("backfill_out_of_range", field="backfill_days", most=MAX_BACKFILL_DAYS)
    check_not_connected(session, fields)
    name = fields["name"].strip()
    orders_from = now - timedelta(days=backfill_days)
    account = Account(
        name=name,
        region=fields["region"],
        seller_id=fields["seller_id"],
        client_id=fields["client_id"],
        client_secret=fields["client_secret"],
        refresh_token=fields["refresh_token"],
        endpoint=fields.get("endpoint", ""),
        token_url=fields.get("token_url", ""),
        created_at=now,
        cursor=orders_from,
    )
    session.add(account)
    try:
        session.flush()
    except IntegrityError:
        # Another request has stored the same name since the check.
        session.rollback()
        raise InvalidError("account_name_taken", field="name", name=name) from None
    for marketplace, facts in checked:
        stores.open_store(session, account, marketplace, facts, orders_from=orders_from, now=now, actor=actor)
    schedule.ensure(session, f"sync_account-{account.id}", "sync_account", [account.id], sync_interval, now)
    session.add(CompletenessCheck(account_id=account.id, next_try_at=find_next_night(now)))
    audit_log.record(session, "account_connected", now=now, actor=actor, account_id=account.id, args={"name": name})
    session.commit()
    return account


def check_replacement(account: Account, client_secret: str, refresh_token: str) -> Credentials:
    """Return the account's credentials with the new values; empty values are kept. Raises InvalidError."""
    if not client_secret and not refresh_token:
        raise InvalidError("credentials_none", field="client_secret")
    for field, value in (("client_secret", client_secret), ("refresh_token", refresh_token)):
        if any(character.isspace() for character in value):
            raise InvalidError("secret_with_space", field=field, name=field)
    current = get_credentials(account)
    return replace(
        current,
        client_secret=client_secret or current.client_secret,
        refresh_token=refresh_token or current.refresh_token,
    )


def replace_credentials(
    session: Session,
    account_id: int,
    new_credentials: Credentials,
    report: ConnectionReport,
    *,
    now: datetime,
    actor: str,
) -> Account:
    """Store credentials that Amazon has accepted with this report, and clear the account's error. Commits."""
    account = find_by_id(session, account_id)
    if account.client_secret != new_credentials.client_secret:
        account.secret_saved_at = now
    account.client_secret, account.refresh_token = new_credentials.client_secret, new_credentials.refresh_token
    record_success(account, report.missing, now)
    audit_log.record(session, "credentials_replaced", now=now, actor=actor, account_id=account.id)
    session.commit()
    return account


def find_by_id(session: Session, account_id: int) -> Account:
    return require(session.get(Account, account_id), "account_unknown", name=account_id)


def find_by_name(session: Session, name: str) -> Account:
    return require(session.scalar(select(Account).where(Account.name == name)), "account_unknown", name=name)


def record_failure(account: Account, error: AmazonError, now: datetime) -> None:
    """Store why calls to Amazon fail, and since when. Syncs are not switched off: the next one tries again."""
    if account.error_code != error.cause:
        account.error_since = now
    account.error_code = error.cause
    account.error_message = error.message[:1000]


def record_success(
    account: Account, missing: frozenset[str], now: datetime, *, skipped: frozenset[str] | None = None
) -> None:
    """Clear the account's error after a successful sync, and store which datasets are missing.

    `skipped`: the datasets that were not requested, if the caller knows.
    """
    account.error_code = account.error_message = account.error_since = None
    skipped = list_unavailable_datasets(account, now) if skipped is None else skipped
    was_asked = not skipped.issuperset(account.missing_datasets)
    worked = dict.fromkeys(sorted(frozenset(DATASETS) - missing), now.isoformat())
    account.datasets_read_at = account.datasets_read_at | worked
    if sorted(missing) != account.missing_datasets or was_asked:
        account.missing_datasets = sorted(missing)
        account.missing_since = now if missing else None


def list_unavailable_datasets(account: Account, now: datetime) -> frozenset[str]:
    """Return the datasets to skip; none once a day, so that a role granted since is noticed."""
    if not clocks.is_within(account.missing_since, timedelta(days=1), now):
        return frozenset()
    return frozenset(account.missing_datasets)


def list_temporarily_unavailable_datasets(account: Account, now: datetime) -> frozenset[str]:
    """Return the refused datasets that worked recently: an outage at Amazon, not a missing role."""
    return frozenset(
        dataset
        for dataset in account.missing_datasets
        if dataset in account.datasets_read_at
        and now - datetime.fromisoformat(account.datasets_read_at[dataset]) <= MAX_OUTAGE
    )


def list_datasets_to_skip(account: Account, now: datetime) -> frozenset[str]:
    """Return the datasets that a sync skips: those of an outage are tried after OUTAGE_PAUSE, others once a day."""
    missing = list_unavailable_datasets(account, now)
    if missing and account.missing_since is not None and now - account.missing_since >= OUTAGE_PAUSE:
        return missing - list_temporarily_unavailable_datasets(account, now)
    return missing
