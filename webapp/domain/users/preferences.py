"""How a user wants pages to look: language, time zone, clock, theme and density."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from zoneinfo import available_timezones

from webapp.domain.common.languages import LANGUAGES
from webapp.domain.errors import InvalidError

THEMES = ("light", "dark")
CLOCKS = ("12", "24")
DENSITIES = ("compact",)


@dataclass(frozen=True)
class Preferences:
    """An empty value is the default: the browser's language, the store's time zone, the language's clock, the system's
    theme, comfortable rows.
    """

    language: str = ""
    time_zone: str = ""
    clock: str = ""
    theme: str = ""
    density: str = ""

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> "Preferences":
        """Read what the database holds; a value that is no longer valid counts as the default."""
        names = {field.name for field in fields(cls)}
        values = {name: str(value) for name, value in (stored or {}).items() if name in names}
        return cls(**{name: value for name, value in values.items() if is_valid(name, value)})

    def to_stored(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


def is_valid(name: str, value: str) -> bool:
    """Return whether `value` is empty or one of the choices of the preference `name`."""
    if not value:
        return True
    if name == "time_zone":
        return value in available_timezones()
    choices = {"language": tuple(LANGUAGES), "clock": CLOCKS, "theme": THEMES, "density": DENSITIES}
    return value in choices.get(name, ())


def check_preferences(values: Mapping[str, str]) -> Preferences:
    """Return the preferences. Raises InvalidError, naming the field, for an unknown value."""
    for name, value in values.items():
        if not is_valid(name, value):
            raise InvalidError("preference_unknown", field=name, value=value)
    return Preferences(**values)
