"""The recorded health of an account."""

from datetime import timedelta

import pytest

from tests.support.factories import NOW, an_account
from webapp.domain.amazon.errors import BadCredentials
from webapp.domain.errors import InvalidError
from webapp.services.accounts import accounts

BUYER = frozenset({"BUYER"})
DAY = timedelta(days=1, minutes=1)


def test_a_dataset_amazon_refuses_is_asked_for_again_once_a_day(session):
    account = an_account(session)
    accounts.record_success(account, BUYER, NOW)
    assert accounts.list_unavailable_datasets(account, NOW + timedelta(hours=23)) == BUYER
    assert accounts.list_unavailable_datasets(account, NOW + DAY) == frozenset()

    # It was asked for and is refused still: the next sync leaves it out again.
    accounts.record_success(account, BUYER, NOW + DAY)
    assert accounts.list_unavailable_datasets(account, NOW + DAY + timedelta(minutes=3)) == BUYER

    accounts.record_success(account, frozenset(), NOW + DAY + DAY)
    assert (account.missing_datasets, account.missing_since) == ([], None)


def test_trouble_is_dated_from_its_beginning_and_ends_with_a_sync(session):
    account = an_account(session)
    accounts.record_failure(account, BadCredentials("Revoked."), NOW)
    accounts.record_failure(account, BadCredentials("Revoked still."), NOW + DAY)
    assert (account.error_code, account.error_message, account.error_since) == (
        "bad_credentials",
        "Revoked still.",
        NOW,
    )

    accounts.record_success(account, frozenset(), NOW + DAY)

    assert (account.error_code, account.error_message, account.error_since) == (None, None, None)


def test_a_name_leaves_room_for_the_country(session):
    with pytest.raises(InvalidError) as refused:
        an_account(session, name="x" * 71)
    assert (refused.value.code, refused.value.field) == ("text_too_long", "name")
    assert an_account(session, name="x" * 70).stores[0].name == "x" * 70 + " DE"
