"""State machines as tables of transitions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transition:
    """A named change of state. `to_state` is empty where the new state is derived from the entity's data.

    `requires` names a precondition in addition to the state, for the documentation.
    """

    name: str
    from_states: frozenset[str]
    to_state: str
    requires: str = ""


class InvalidTransition(ValueError):
    """The table has no transition of this name from this state."""

    def __init__(self, name: str, state: str) -> None:
        super().__init__(f"There is no transition {name} from the state {state}.")
        self.name = name
        self.state = state


class TransitionTable(dict[str, Transition]):
    """The transitions of one kind of entity, by name."""

    def __init__(self, *transitions: Transition) -> None:
        super().__init__((transition.name, transition) for transition in transitions)

    def is_allowed(self, name: str, state: str) -> bool:
        return state in self[name].from_states

    def check(self, name: str, state: str) -> Transition:
        """Return the transition. Raises InvalidTransition where the state does not allow it."""
        if not self.is_allowed(name, state):
            raise InvalidTransition(name, state)
        return self[name]
