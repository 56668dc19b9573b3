"""Seller accounts: connecting one in two steps, its health, its credentials."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from redis.exceptions import RedisError

from webapp.core import queue
from webapp.core.extensions import db, settings
from webapp.domain.accounts.credentials import ConnectionReport
from webapp.domain.amazon.errors import AmazonError
from webapp.domain.amazon.types import DATASETS, ROLES, Participation
from webapp.domain.common import clocks, marketplaces
from webapp.domain.errors import InvalidError, require
from webapp.forms.accounts import REGIONS, SECRETS, BackfillForm, ConnectForm, CredentialsForm, MarketplacesForm
from webapp.forms.fields import build_choices
from webapp.messages import text_for
from webapp.models.accounts import Account
from webapp.queries.accounts import stores
from webapp.queries.sync import backfills
from webapp.services.accounts import accounts
from webapp.web import form_drafts
from webapp.web.amazon_gateway import open_gateway
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("accounts", __name__)

DRAFT = "account"
_CONNECT = ("accounts/_connect.html", "accounts/connect.html")
_MARKETPLACES = ("accounts/_marketplaces.html", "accounts/marketplaces.html")
_CREDENTIALS = ("accounts/_credentials.html", "accounts/show.html")


@bp.get("/stores/connect")
@requires("accounts.write")
def connect_page() -> Response:
    fields = _load_stored_fields()
    visible = {name: value for name, value in fields.items() if name not in SECRETS}
    form = ConnectForm(formdata=None, data=visible, stored_secrets=_list_secrets(fields))
    return render_fragment_or_page(
        request, *_CONNECT, form=form, problem=None, expired="expired" in request.args and not fields
    )


@bp.post("/stores/connect")
@requires("accounts.write")
def test_connection() -> Response:
    """Call Amazon with these credentials. What was entered is kept for ten minutes, whatever the result."""
    stored = _load_stored_fields()
    form = ConnectForm(stored_secrets=_list_secrets(stored))
    fields = {name: value for name, value in stored.items() if name in SECRETS} | form.entered
    problem: AmazonError | None = None
    if form.validate():
        try:
            report = _test_connection(fields)
        except InvalidError as error:
            add_error(form, error)
            fields.pop(error.field, None)
        except AmazonError as error:
            problem = error
        else:
            form_drafts.save(DRAFT, {"fields": fields, "report": _to_json(report)})
            return see_other(request, url_for("accounts.marketplaces_page"))
    form_drafts.save(DRAFT, {"fields": fields})
    form.stored_secrets = _list_secrets(fields)
    return render_invalid(request, *_CONNECT, form=form, problem=problem, expired=False)


@bp.get("/stores/connect/marketplaces")
@requires("accounts.write")
def marketplaces_page() -> ResponseReturnValue:
    draft = form_drafts.read(DRAFT)
    if draft is None or "report" not in draft:
        return _start_again()
    report = _parse_report(draft["report"])
    form = _build_marketplaces_form(report)
    form.marketplaces.data = [participation.marketplace_id for participation in report.marketplaces]
    return render_fragment_or_page(request, *_MARKETPLACES, form=form, **_build_marketplaces_context(draft, report))


@bp.post("/stores/connect/marketplaces")
@requires("accounts.write")
def connect() -> ResponseReturnValue:
    draft = form_drafts.read(DRAFT)
    if draft is None or "report" not in draft:
        return _start_again()
    report = _parse_report(draft["report"])
    form = _build_marketplaces_form(report)
    days = form.backfill_days.data if form.backfill_days.validate(form) else form.backfill_days.default
    try:
        account = accounts.connect(
            db.session(),
            draft["fields"],
            form.marketplaces.data or [],
            report.marketplaces,
            backfill_days=int(days),
            sync_interval=settings().sync_interval,
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_MARKETPLACES, form=form, **_build_marketplaces_context(draft, report))
    form_drafts.delete(DRAFT)
    flash(_("%(account)s connected. Its orders are being fetched.", account=account.name), "good")
    only = account.stores[0] if len(account.stores) == 1 else None
    return see_other(request, url_for("stores.show", slug=only.slug) if only else url_for("stores.index"))


@bp.get("/accounts/<int:account_id>")
@requires("stores.read")
def show(account_id: int) -> Response:
    return render_fragment_or_page(
        request, "accounts/show.html", "accounts/show.html", **_render_account_page(account_id)
    )


@bp.post("/accounts/<int:account_id>/credentials")
@requires("accounts.write")
def replace_credentials(account_id: int) -> Response:
    """Test the new credentials, and keep them only if Amazon accepts them for the same account."""
    session, form = db.session(), CredentialsForm()
    account = _get_account(account_id)
    region = account.region
    sells_in = {store.marketplace_id: store.marketplace.country_code for store in account.stores}
    problem: AmazonError | None = None
    try:
        tried = accounts.check_replacement(account, form.client_secret.data or "", form.refresh_token.data or "")
        session.rollback()
        with open_gateway(tried) as gateway:
            report = accounts.try_replacement(gateway, region, sells_in)
        accounts.replace_credentials(
            session, account_id, tried, report, now=datetime.now(UTC), actor=current_user.actor
        )
    except InvalidError as error:
        add_error(form, error, otherwise="refresh_token")
    except AmazonError as error:
        problem = error
    else:
        flash(_("Amazon accepted the new credentials, and they were saved."), "good")
        return see_other(request, url_for("accounts.show", account_id=account_id))
    session.rollback()
    return render_invalid(request, *_CREDENTIALS, **_render_account_page(account_id, form, problem))


@bp.post("/accounts/<int:account_id>/syncs")
@requires("schedule.write")
def sync_now(account_id: int) -> Response:
    account = _get_account(account_id)
    name = account.name
    db.session.rollback()
    try:
        queue.enqueue(queue.redis(), "sync_account", account_id)
    except RedisError:
        flash(_("Redis does not respond, so no sync was started. Scheduled syncs resume once it is back."), "bad")
    else:
        flash(_("Sync of %(account)s started. See the result under Sync history.", account=name), "good")
    return see_other(request, url_for("accounts.show", account_id=account_id))


def _test_connection(fields: dict[str, str]) -> ConnectionReport:
    credentials = accounts.check_fields(fields)
    accounts.check_not_connected(db.session(), fields)
    # The call may take long, so no transaction is open during it.
    db.session.rollback()
    with open_gateway(credentials) as gateway:
        return accounts.try_connection(gateway, fields["region"])


def _load_stored_fields() -> dict[str, str]:
    draft = form_drafts.read(DRAFT) or {}
    fields: dict[str, str] = draft.get("fields", {})
    return fields


def _list_secrets(fields: dict[str, str]) -> frozenset[str]:
    return frozenset(name for name in SECRETS if fields.get(name))


def _start_again() -> Response:
    return see_other(request, url_for("accounts.connect_page", expired=1))


def _to_json(report: ConnectionReport) -> dict[str, Any]:
    return {
        "marketplaces": [asdict(participation) for participation in report.marketplaces],
        "missing": sorted(report.missing),
        "skipped": [asdict(participation) for participation in report.skipped],
    }


def _parse_report(plain: dict[str, Any]) -> ConnectionReport:
    participations = tuple(Participation(**participation) for participation in plain["marketplaces"])
    skipped = tuple(Participation(**participation) for participation in plain.get("skipped", ()))
    return ConnectionReport(participations, frozenset(plain["missing"]), skipped)


def _build_marketplaces_form(report: ConnectionReport) -> MarketplacesForm:
    form = MarketplacesForm()
    form.marketplaces.choices = build_choices(
        {
            participation.marketplace_id: marketplaces.get(participation.marketplace_id).name
            for participation in report.marketplaces
        }
    )
    return form


def _build_marketplaces_context(draft: dict[str, Any], report: ConnectionReport) -> dict[str, Any]:
    region = draft["fields"]["region"]
    listed = [
        (entry, marketplaces.get(entry.marketplace_id, accounts.build_marketplace_facts(entry, region)))
        for entry in report.marketplaces
    ]
    return {
        "account_name": draft["fields"]["name"],
        "marketplaces": listed,
        "new_ids": {entry.marketplace_id for entry in report.marketplaces} - marketplaces.BY_ID.keys(),
        "skipped": report.skipped,
        "datasets": _list_datasets(report.missing),
    }


def _list_datasets(missing: frozenset[str], outages: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Return a row for each dataset, missing ones first. `outages`: missing datasets that worked recently."""
    rows = [
        {
            "text": text_for(f"dataset_{name}"),
            "missing": name in missing,
            "without": text_for(f"without_{name}") if name in missing else "",
            "roles": ROLES.get(name, ()),
            "outage": name in outages,
        }
        for name in DATASETS
    ]
    return sorted(rows, key=lambda row: not row["missing"])


def _get_account(account_id: int) -> Account:
    return require(stores.find_account(db.session(), account_id), "account_unknown", name=account_id)


def _render_account_page(
    account_id: int, form: CredentialsForm | None = None, problem: AmazonError | None = None
) -> dict[str, Any]:
    account = _get_account(account_id)
    return {
        "account": account,
        "region_name": REGIONS[account.region],
        "clock_offset": account.clock_offset
        if abs(account.clock_offset or 0) > clocks.TOLERANCE.total_seconds()
        else 0,
        "datasets": _list_datasets(
            frozenset(account.missing_datasets),
            accounts.list_temporarily_unavailable_datasets(account, datetime.now(UTC)),
        ),
        "backfill": backfills.find_status(db.session(), account_id, datetime.now(UTC)),
        "backfill_form": BackfillForm(formdata=None),
        "job": stores.find_sync_job(db.session(), account_id),
        "form": form or CredentialsForm(formdata=None),
        "problem": problem,
    }
