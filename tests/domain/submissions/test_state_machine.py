"""Every cell of the table of a submission's life, and when it is looked at."""

import itertools
from datetime import timedelta

import pytest

from tests.support.factories import NOW
from webapp.domain.common.transitions import InvalidTransition
from webapp.domain.submissions import state_machine as submission_states
from webapp.domain.submissions.state_machine import ENDED, STATES, TRANSITIONS

# The whole table by hand: what may become of it in each state.
ALLOWED = {
    "queued": {"undo", "conflict", "send", "verify", "reject", "give_up"},
    "conflict": {"undo", "force", "verify"},
    "sending": {"requeue", "sent", "accept", "verify", "reject", "give_up"},
    "sent": {"accept", "verify", "reject", "give_up"},
    "accepted": {"verify", "reject", "give_up"},
    "unproved": {"resend", "verify", "reject"},
    "verified": set(),
    "rejected": set(),
    "undone": set(),
}
LEADS_TO = {
    "undo": "undone",
    "conflict": "conflict",
    "force": "queued",
    "send": "sending",
    "requeue": "queued",
    "resend": "queued",
    "sent": "sent",
    "accept": "accepted",
    "verify": "verified",
    "reject": "rejected",
    "give_up": "unproved",
}


def test_each_cell_of_the_table():
    for move, state in itertools.product(TRANSITIONS, STATES):
        assert submission_states.is_allowed(move, state) is (move in ALLOWED[state]), (move, state)
        if move in ALLOWED[state]:
            assert submission_states.check(move, state) is TRANSITIONS[move], (move, state)
            assert TRANSITIONS[move].to_state == LEADS_TO[move], (move, state)
        else:
            with pytest.raises(InvalidTransition) as refused:
                submission_states.check(move, state)
            assert (refused.value.name, refused.value.state) == (move, state), (move, state)


def test_what_has_ended_is_what_nothing_is_done_about_by_itself():
    assert set(STATES) == set(ALLOWED)
    assert {"verified", "rejected", "undone", "unproved"} == ENDED


def test_only_what_is_at_amazon_or_may_go_there_is_hurried():
    for state, undo_until, may in [
        ("sent", NOW, True),
        ("accepted", NOW, True),
        ("queued", NOW, True),
        ("queued", NOW + timedelta(seconds=1), False),
        # Checked too soon, a submission that Amazon has just received would be sent twice.
        ("sending", NOW, False),
        ("conflict", NOW, False),
        ("verified", NOW, False),
        ("unproved", NOW, False),
    ]:
        assert submission_states.may_check_early(state, undo_until, NOW) is may, (state, undo_until, may)


def test_looks_are_two_seconds_apart_at_first_and_two_minutes_in_the_end():
    assert [submission_states.compute_backoff(tries) for tries in (0, 1, 2, 3, 8, 9, 1000)] == [
        2,
        3,
        5,
        8,
        85,
        120,
        120,
    ]
