from pathlib import Path

from simulator.__main__ import build_parser
from simulator.operations.scenarios import SCENARIOS
from simulator.state.faults import FAULT_KINDS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()


def test_every_fault_and_its_options_are_documented():
    rows = {line.split("`")[1]: line for line in DOCUMENT.splitlines() if line.startswith("| `")}
    for name, kind in FAULT_KINDS.items():
        for option in kind.options:
            assert f"`{option}" in rows[name], f"{name}: {option}"


def test_every_option_of_the_command_is_documented():
    options = [
        option for action in build_parser()._actions for option in action.option_strings if option.startswith("--")
    ]
    assert [option for option in options if f"`{option}" not in DOCUMENT] == ["--help"]


def test_every_scenario_is_documented_and_in_the_help():
    helped = " ".join(build_parser().format_help().split())
    assert [name for name in SCENARIOS if f"`{name}`" not in DOCUMENT or name not in helped] == []
