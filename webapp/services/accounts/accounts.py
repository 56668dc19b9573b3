"""Seller accounts: connecting them, and what is known of their health."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.accounts.credentials import AccountPort, ConnectionReport, Credentials
from webapp.domain.amazon.errors import AmazonError
from webapp.domain.amazon.types import DATASETS, Participation
from webapp.domain.common import clocks, marketplaces
from webapp.domain.errors import InvalidError, NotFoundError
from webapp.models.accounts import Account
from webapp.services import audit_log, schedule
from webapp.services.accounts import stores

# Amazon shows no order older than two years to anybody.
LONGEST_BACKFILL = 730
SYNC_INTERVAL = 180
# A dataset refused for longer than this after it last worked counts as a role that was taken away.
LONGEST_OUTAGE = timedelta(days=3)
OUTAGE_PAUSE = timedelta(minutes=15)
_LOCK = select(Account.id).where(Account.id == bindparam("account_id")).with_for_update(key_share=True)
_REQUIRED = ("name", "region", "seller_id", "client_id", "client_secret", "refresh_token")
# The columns, and room for the country behind the name in the names of the stores.
_LONGEST = {"name": 70, "seller_id": 40, "client_id": 200, "endpoint": 300, "token_url": 300}


def credentials(account: Account) -> Credentials:
    """What the port needs to speak for this account."""
    return Credentials(
        account_key=str(account.id),
        seller_id=account.seller_id,
        client_id=account.client_id,
        client_secret=account.client_secret,
        refresh_token=account.refresh_token,
        endpoint=account.endpoint or marketplaces.ENDPOINTS[account.region],
        token_url=account.token_url or marketplaces.TOKEN_URL,
    )


def check(fields: dict[str, str]) -> Credentials:
    """Check what a person entered before Amazon is asked. Raises InvalidError naming the field."""
    for name in _REQUIRED:
        if not fields.get(name):
            raise InvalidError("field_required", field=name, name=name)
    for name, most in _LONGEST.items():
        if len(fields.get(name, "")) > most:
            raise InvalidError("text_too_long", field=name, most=most)
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


def check_new(session: Session, fields: dict[str, str]) -> None:
    """Raises InvalidError when the name, or the seller account itself, is here already."""
    name = fields["name"].strip()
    if session.scalar(select(Account.id).where(Account.name == name)):
        raise InvalidError("account_name_taken", field="name", name=name)
    same = select(Account.name).where(Account.seller_id == fields["seller_id"], Account.region == fields["region"])
    if other := session.scalar(same):
        raise InvalidError("account_connected_already", field="seller_id", name=other)


def try_connection(port: AccountPort, region: str) -> ConnectionReport:
    """Ask Amazon where the account may sell and what it is shown. Never called inside a transaction.

    Raises InvalidError when it sells nowhere in `region`, AmazonError as the port does.
    """
    everywhere = [found for found in port.participations() if found.participating]
    known = [found for found in everywhere if found.marketplace_id in marketplaces.BY_ID]
    here = [found for found in known if marketplaces.BY_ID[found.marketplace_id].region == region]
    if not here and known:
        right = sorted({marketplaces.BY_ID[found.marketplace_id].region for found in known})
        raise InvalidError("region_differs", field="region", region=region, right=", ".join(right))
    if not here:
        raise InvalidError("account_sells_nowhere", field="region")
    return ConnectionReport(tuple(here), port.probe_datasets([found.marketplace_id for found in here]))


def try_replacement(port: AccountPort, region: str, stores: Iterable[str]) -> ConnectionReport:
    """The same for new credentials of a connected account whose stores are in these marketplaces (their ids).

    Raises InvalidError when they are those of an account that does not sell there.
    """
    report = try_connection(port, region)
    sells_in = {found.marketplace_id for found in report.marketplaces}
    lost = [marketplaces.BY_ID[store].country_code for store in stores if store not in sells_in]
    if lost:
        raise InvalidError("credentials_of_another", field="refresh_token", countries=", ".join(lost))
    return report


def check_marketplaces(wanted: Sequence[str], region: str, participations: Iterable[Participation]) -> list[str]:
    """The marketplace ids for what a person chose (`DE`, or an id). Raises InvalidError for each way to be wrong."""
    if not wanted:
        raise InvalidError("marketplaces_none", field="marketplaces")
    taking_part = {found.marketplace_id for found in participations if found.participating}
    ids: list[str] = []
    for text in wanted:
        marketplace = marketplaces.find(text)
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
        if marketplace.id not in taking_part:
            raise InvalidError("marketplace_not_taking_part", field="marketplaces", marketplace=text)
        if marketplace.id not in ids:
            ids.append(marketplace.id)
    return ids


def connect(
    session: Session,
    fields: dict[str, str],
    wanted: Sequence[str],
    participations: Iterable[Participation],
    *,
    backfill_days: int = 0,
    sync_interval: int = SYNC_INTERVAL,
    now: datetime,
    actor: str,
) -> Account:
    """Remember an account whose credentials Amazon has just accepted, and open a store for each marketplace.

    `participations` is Amazon's answer to these credentials: the caller asked before, outside of any transaction.
    `backfill_days`: how far back orders are fetched and Orders made of them; 0 begins now. `sync_interval`:
    seconds between two syncs, on the schedule from now on. Raises InvalidError.
    """
    check(fields)
    ids = check_marketplaces(wanted, fields["region"], participations)
    if not 0 <= backfill_days <= LONGEST_BACKFILL:
        raise InvalidError("backfill_out_of_range", field="backfill_days", most=LONGEST_BACKFILL)
    check_new(session, fields)
    name = fields["name"].strip()
    begin = now - timedelta(days=backfill_days)
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
        cursor=begin,
    )
    session.add(account)
    try:
        session.flush()
    except IntegrityError:
        # A double click: both looked before either wrote.
        session.rollback()
        raise InvalidError("account_name_taken", field="name", name=name) from None
    for marketplace_id in ids:
        stores.open_store(session, account, marketplace_id, orders_from=begin, now=now, actor=actor)
    schedule.ensure(session, f"sync_account-{account.id}", "sync_account", [account.id], sync_interval, now)
    audit_log.record(session, "account_connected", now=now, actor=actor, account_id=account.id, args={"name": name})
    session.commit()
    return account


def check_replacement(account: Account, client_secret: str, refresh_token: str) -> Credentials:
    """The account's credentials with what was rotated, for trying them; an empty one stays. Raises InvalidError."""
    if not client_secret and not refresh_token:
        raise InvalidError("credentials_none", field="client_secret")
    for field, value in (("client_secret", client_secret), ("refresh_token", refresh_token)):
        if any(character.isspace() for character in value):
            raise InvalidError("secret_with_space", field=field, name=field)
    present = credentials(account)
    return replace(
        present,
        client_secret=client_secret or present.client_secret,
        refresh_token=refresh_token or present.refresh_token,
    )


def replace_credentials(
    session: Session, account_id: int, tried: Credentials, report: ConnectionReport, *, now: datetime, actor: str
) -> Account:
    """Keep credentials that Amazon has just accepted with this report. Clears the trouble the old ones caused."""
    account = find(session, account_id)
    account.client_secret, account.refresh_token = tried.client_secret, tried.refresh_token
    record_success(account, report.missing, now)
    audit_log.record(session, "credentials_replaced", now=now, actor=actor, account_id=account.id)
    session.commit()
    return account


def lock_orders(session: Session, account_id: int) -> None:
    """Be the only one who writes about this account's orders, until the transaction ends.

    What is read after it is what the one before wrote. SQLite lets one write at a time anyway; on PostgreSQL this
    keeps two importers from inserting the same order, and those who write several rows from waiting for each other.
    Counters are shared by all accounts, so they are taken after it and in one order: order, invoice, shipment,
    credit memo.
    """
    session.execute(_LOCK, {"account_id": account_id})


def find(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFoundError("account_unknown", name=account_id)
    return account


def find_by_name(session: Session, name: str) -> Account:
    account = session.scalar(select(Account).where(Account.name == name))
    if account is None:
        raise NotFoundError("account_unknown", name=name)
    return account


def record_failure(account: Account, error: AmazonError, now: datetime) -> None:
    """Keep why Amazon could not be spoken to, and since when. The account stays on: the next sync tries again."""
    if account.error_code != error.cause:
        account.error_since = now
    account.error_code = error.cause
    account.error_message = error.message[:1000]


def record_success(
    account: Account, missing: frozenset[str], now: datetime, *, left_out: frozenset[str] | None = None
) -> None:
    """A sync came through: whatever was wrong is over.

    `left_out`: the datasets that were not asked for at all, where the caller knows.
    """
    account.error_code = account.error_message = account.error_since = None
    left_out = unavailable_datasets(account, now) if left_out is None else left_out
    asked_again = not left_out.issuperset(account.missing_datasets)
    seen = dict.fromkeys(sorted(frozenset(DATASETS) - missing), now.isoformat())
    account.datasets_read_at = account.datasets_read_at | seen
    if sorted(missing) != account.missing_datasets or asked_again:
        account.missing_datasets = sorted(missing)
        account.missing_since = now if missing else None


def unavailable_datasets(account: Account, now: datetime) -> frozenset[str]:
    """The datasets to leave out; once a day none, so that a role granted since is noticed."""
    if not clocks.is_within(account.missing_since, timedelta(days=1), now):
        return frozenset()
    return frozenset(account.missing_datasets)


def outages(account: Account, now: datetime) -> frozenset[str]:
    """The refused datasets that worked lately: Amazon's trouble, and not a role that is missing."""
    return frozenset(
        dataset
        for dataset in account.missing_datasets
        if dataset in account.datasets_read_at
        and now - datetime.fromisoformat(account.datasets_read_at[dataset]) <= LONGEST_OUTAGE
    )


def left_out(account: Account, now: datetime) -> frozenset[str]:
    """The datasets a sync leaves out: those of an outage are asked for every quarter of an hour, others once a day."""
    missing = unavailable_datasets(account, now)
    if missing and account.missing_since is not None and now - account.missing_since >= OUTAGE_PAUSE:
        return missing - outages(account, now)
    return missing
