"""docs/order-states.md, generated from the table of transitions: `python -m tests.project.order_states_page`."""

from pathlib import Path

from webapp.domain.orders.state_machine import DERIVED, FINAL, STATES, TRANSITIONS

PAGE = Path(__file__).parents[2] / "docs" / "order-states.md"
_HEAD = """# Order states

Made from `TRANSITIONS` in `webapp/domain/orders/state_machine.py` by `make docs`; a test compares.
The buttons and the error messages come from the same table.
"""
_DERIVED = """
*Follows* means that the quantities decide: an Order is `new` while nothing is invoiced or shipped, `complete` when
nothing is left to invoice or to ship and Amazon shows every shipment, `closed` when everything was refunded, and
`processing` in between.

When nothing is left to invoice or to ship, the order waits in `awaiting_amazon` ("Shipped, awaiting Amazon") until
Amazon's packages show each parcel or Amazon says that the order is shipped. A confirmation that Amazon rejected, that
was undone, that needs a decision or that Amazon never showed puts the order back into `processing`, as does a parcel
without a tracking number, until it is retried, corrected or removed. Orders without parcels of their own, such as
those that Amazon ships or that were shipped before they were imported, are complete as soon as nothing is left.
"""


def render() -> str:
    lines = [
        _HEAD,
        f"| transition | {' | '.join(f'`{state}`' for state in STATES)} | requires |",
        "|---" * (len(STATES) + 2) + "|",
    ]
    for transition in TRANSITIONS.values():
        to = f"→ `{transition.to_state}`" if transition.to_state else "follows"
        cells = (to if state in transition.from_states else "" for state in STATES)
        lines.append(f"| **{transition.name}** | {' | '.join(cells)} | {transition.requires} |")
    lines.append(_DERIVED)
    lines.append(f"No transition leaves {_named(FINAL)}. {_named(DERIVED)} are never set by hand.")
    return "\n".join(lines) + "\n"


def _named(states: frozenset[str]) -> str:
    return ", ".join(f"`{state}`" for state in STATES if state in states)


if __name__ == "__main__":
    PAGE.write_text(render())
