"""Every cell of the table of a mail's life, when it is tried again, and what may be in it."""

from datetime import timedelta

import pytest

from webapp.domain.errors import InvalidError
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail.state_machine import STATES, TRANSITIONS

# The whole table by hand: what may become of it in each state.
ALLOWED = {
    "queued": {"send", "wait", "fail", "lose", "drop"},
    "sending": {"wait", "sent", "fail", "lose"},
    "sent": set(),
    "failed": {"retry", "drop"},
    "unknown": {"sent", "retry", "drop"},
    "dropped": set(),
}
LEADS_TO = {
    "send": "sending",
    "wait": "queued",
    "sent": "sent",
    "fail": "failed",
    "lose": "unknown",
    "retry": "queued",
    "drop": "dropped",
}


def test_each_cell_of_the_table():
    for state in STATES:
        for move in list(TRANSITIONS):
            assert set(STATES) == set(ALLOWED), (state, move)
            assert mail_states.is_allowed(move, state) is (move in ALLOWED[state]), (state, move)
            assert TRANSITIONS[move].to_state == LEADS_TO[move], (state, move)


def test_tries_are_a_minute_apart_at_first_and_an_hour_in_the_end():
    waits = [mail_states.retry_delay(tries) / timedelta(minutes=1) for tries in (0, 1, 2, 3, 6, 7, 1000)]
    assert waits == [1, 1, 2, 4, 32, 60, 60]


def test_spaces_of_every_kind_may_stand_in_a_text():
    for text in ["a\tb", "Groß\xa0und\u200bklein", "家\u3000族", "a\u2028b"]:
        assert mail_states.clean_body(f"{text}  \r\nEnd\r\n\n") == f"{text}\nEnd", text


@pytest.mark.parametrize("sign", ["\0", "\x07", "\x1b", "\x0b"])
def test_signs_that_steer_a_machine_may_not(sign):
    with pytest.raises(InvalidError) as refused:
        mail_states.clean_body(f"a{sign}b")
    assert (refused.value.code, refused.value.field) == ("mail_control_signs", "body")
