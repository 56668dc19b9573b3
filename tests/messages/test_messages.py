"""Whatever can be raised can be said, on the page and on the command line alike."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from webapp import messages
from webapp.domain import errors
from webapp.messages import SENTENCES, text_for
from webapp.messages.status_labels import LABELS
from webapp.services.submissions import handlers as submission_handlers

WEBAPP = Path(__file__).parents[2] / "webapp"
KINDS = {name for name in vars(errors) if name.endswith("Error")}


def raised() -> Iterator[tuple[str, str, set[str]]]:
    """(place, code, names of its arguments) of every desk error that is raised with a code written out."""
    for path in sorted(WEBAPP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", getattr(node.func, "attr", "")) not in KINDS:
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                names = {keyword.arg for keyword in node.keywords if keyword.arg}
                yield f"{path.relative_to(WEBAPP)}:{node.lineno}", str(node.args[0].value), names


def test_every_error_has_a_sentence_and_brings_what_it_names() -> None:
    for place, code, names in list(raised()):
        assert code in SENTENCES, place
        assert set(re.findall(r"%\((\w+)\)", str(SENTENCES[code]))) <= names, place


def test_every_kind_of_submission_can_be_spoken_of() -> None:
    for name in submission_handlers.NAMES:
        outcomes = {"requested", "undone", "accepted", "rejected", "unproved"}
        kind = submission_handlers.get(name)

        assert name in LABELS["submission_kind"], name
        assert {f"submission_{name}", kind.not_needed_cause} <= SENTENCES.keys(), name
        assert kind.confirmed_by_acceptance or f"{kind.note_prefix}_not_shown" in SENTENCES, name
        assert {f"{name}_{what}" for what in outcomes | {"verified", "not_needed", "conflict", "insisted"}} <= (
            SENTENCES.keys()
        )
        assert {
            f"note_{kind.note_prefix}_{what}" for what in outcomes - {"accepted"} | {"conflict"}
        } <= SENTENCES.keys()


def test_every_catalogue_is_listed_and_no_code_is_in_two() -> None:
    names = {path.stem for path in Path(messages.__file__).parent.glob("[!_]*.py")} - {"status_labels"}
    assert {catalogue.__name__.rpartition(".")[2] for catalogue in messages.CATALOGUES} == names
    codes = [code for catalogue in messages.CATALOGUES for code in catalogue.SENTENCES]
    assert sorted(codes) == sorted(SENTENCES)


def test_a_sentence_is_filled_with_its_arguments(app: Flask) -> None:
    assert text_for("store_unknown", {"name": "Musterladen"}) == "There is no store Musterladen."


def test_a_code_without_a_sentence_is_shown_as_it_is(app: Flask) -> None:
    assert text_for("from_tomorrow") == "from_tomorrow"


def test_an_argument_an_older_row_lacks_does_not_break_the_page(app: Flask) -> None:
    assert text_for("store_unknown", {}) == "There is no store …."


def test_a_sentence_can_be_said_without_an_application() -> None:
    assert text_for("user_disabled") == "This user is disabled."


def test_a_parcel_is_spoken_of_by_what_is_known_of_it(app: Flask) -> None:
    for carrier, number, expected in [
        ("DHL", "T1", "Package 1: DHL T1"),
        ("", "T1", "Package 1: T1"),
        ("Bike courier", "", "Package 1: Bike courier without a tracking number"),
        ("", "", "Package 1: without a tracking number"),
    ]:
        about = {"reference": 1, "carrier": carrier, "tracking_number": number}
        assert text_for("submission_shipment", about) == expected, (carrier, number, expected)
