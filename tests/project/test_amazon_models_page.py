"""The record of what was validated against Amazon's models."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.amazon_models_page import PAGE, list_differences, page, take
from tests.support.amazon_models import MODELS, ROOT, USED, needs_all_models


@needs_all_models
def test_the_page_records_the_models_that_are_validated() -> None:
    assert PAGE.read_text() == page(MODELS)


def test_the_page_names_every_model_that_the_tests_use() -> None:
    named = {
        f"{model}.json"
        for path in (ROOT / "tests").rglob("test_*.py")
        for model in re.findall(
            r'check\([^#]*?"((?:\w+_\d{4}-\d\d-\d\d)|messaging|merchantFulfillmentV0|ordersV0|sellers)", "\w+"',
            path.read_text(),
        )
    }
    assert named <= set(USED)
    assert set(re.findall(r"^\| `([\w.-]+)`", PAGE.read_text(), re.M)) == set(USED)


def test_a_folder_without_the_models_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"feeds_2021-06-30.json is nowhere in"):
        take(tmp_path)


@needs_all_models
def test_models_are_taken_from_wherever_a_clone_keeps_them(tmp_path: Path) -> None:
    for name in USED:
        folder = tmp_path / "clone" / "models" / name.removesuffix(".json")
        folder.mkdir(parents=True)
        shutil.copyfile(MODELS / name, folder / name)
    checkout = tmp_path / "checkout"
    for name in ("tests/support/amazon_models.py", "tests/project/amazon_models_page.py"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, checkout / name)
    program = [sys.executable, "-m", "tests.project.amazon_models_page", "take", str(tmp_path / "clone")]
    subprocess.run(program, cwd=checkout, check=True)
    assert page(checkout / ".amazon-models") == page(MODELS)


def test_each_difference_between_two_models_is_named_by_its_path() -> None:
    before = {"definitions": {"Order": {"required": ["a"], "properties": {"a": {"type": "string"}, "b": {}}}}}
    after = {"definitions": {"Order": {"required": ["c"], "properties": {"a": {"type": "integer"}}}, "Item": {}}}
    assert list_differences(before, after) == [
        "/definitions/Item was added",
        "/definitions/Order/required/0 was changed",
        "/definitions/Order/properties/b was removed",
        "/definitions/Order/properties/a/type was changed",
    ]
    assert list_differences(before, before) == []
