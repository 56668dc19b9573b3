"""Names of backups, and which are kept."""

from datetime import UTC, datetime, timedelta

from webapp.domain import backups

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)


def names(*days_ago):
    return [backups.build_name(NOON - timedelta(days=days)) for days in days_ago]


def test_a_name_says_when_it_was_made_and_other_files_are_no_backups():
    name = backups.build_name(NOON)
    assert (name, backups.parse_name(name)) == ("channeldesk-20260318T120000Z.backup", NOON)
    impossible = "channeldesk-20261318T120000Z.backup"
    for other in ("channeldesk.db", "channeldesk-0001-20260318-120000.db", f"{name}.partial", impossible):
        assert backups.parse_name(other) is None


def test_the_newest_of_each_day_and_of_each_week_are_kept():
    daily = names(*range(60))
    kept = [name for name in daily if name not in backups.list_expired(daily, 7, 4, NOON)]
    # Seven days, then the Sundays of the two weeks before those they are in.
    assert kept == [*names(*range(7)), *names(10, 17)]


def test_of_several_on_a_day_only_the_newest_is_kept():
    several = [backups.build_name(NOON + timedelta(hours=hour)) for hour in range(3)]
    assert backups.list_expired(several, 7, 4, NOON) == [several[1], several[0]]


def test_old_backups_are_kept_while_no_new_ones_are_made():
    old = names(400, 401, 402)
    assert backups.list_expired(old, 7, 4, NOON) == []


def test_the_newest_is_never_deleted_nor_are_other_files():
    assert backups.list_expired([*names(1, 2), "keys", "channeldesk.db"], 0, 0, NOON) == names(2)


def test_a_backup_from_the_future_is_never_the_latest_and_does_not_count():
    daily, future = names(*range(3)), names(-400, -2)
    assert backups.list_backups([*daily, *future], NOON) == daily
    assert backups.list_from_future([*daily, *future, "keys"], NOON) == future
    assert backups.list_expired([*daily, *future], 2, 0, NOON) == names(2)
    # Other machines' clocks differ a little.
    assert backups.list_backups(names(-0.5), NOON) == names(-0.5)
