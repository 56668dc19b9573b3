"""Each part of the benchmark measures something at a few hundred orders; nothing here is timed."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import against, fill, goals, importing, pages, product, report, scale, throughput
from benchmarks import desk_pages as desk
from benchmarks.parts import Options, Result, Table, keep, kept
from benchmarks.peers import programs
from benchmarks.places import Place
from benchmarks.served import OURS
from tests.support.postgres import Server

FEW = Options(orders=600, rounds=1, seed=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A desk with six hundred orders, and a small one with three hundred."""
    found = Place(tmp_path_factory.mktemp("benchmark"))
    fill.desk(found.desk, FEW.orders, FEW.seed)
    fill.desk(found.small, FEW.orders // 2, FEW.seed)
    return found


@pytest.mark.processes
def test_pages_are_timed_with_the_floor(place: Place) -> None:
    measured = pages.measure(place, FEW)

    assert measured.figures["orders"] == FEW.orders
    assert measured.figures["counts wrong"] == 0, measured.notes
    assert measured.figures["mapped"] == 0
    for page in goals.LISTS:
        assert measured.figures[f"{page}/floor"] > 0
        assert measured.figures[f"{page}/p50"] > 0
    assert measured.figures["exact number/database"] > 0


@pytest.mark.processes
def test_few_orders_are_timed_with_many(place: Place) -> None:
    measured = scale.measure(place, FEW)

    assert {f"scale/{page}" for page in scale.PAGES} == measured.figures.keys()
    assert "600" in measured.tables[0].head[1]
    assert "300" in measured.tables[0].head[2]


@pytest.mark.processes
def test_peers_are_timed_or_said_to_be_left_out(place: Place) -> None:
    measured = against.measure(place, FEW)

    if not programs.is_there():
        assert "left out" in measured.notes[0]
        pytest.skip("no peers: make .venv-benchmarks/ready")
    for page in against.PAGES:
        assert measured.figures[f"peers/{page}/{OURS}"] > 0
    for who in programs.NAMES:
        assert measured.figures[f"peers/{desk.JUMP}/{who}"] > 0


@pytest.mark.processes
def test_throughput_is_counted(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    # The peers are asked above; here it is about the client.
    monkeypatch.setattr(programs, "is_there", lambda: False)

    measured = throughput.measure(place, FEW)

    assert measured.figures[f"throughput/{desk.FIRST}/floor"] > 0
    assert measured.figures[f"throughput/{desk.FIRST}/{OURS}"] > 0


@pytest.mark.processes
def test_an_import_is_timed_with_the_upsert_of_its_rows(place: Place) -> None:
    measured = importing.measure(place, FEW)

    assert measured.figures["import again/rows written"] == 0
    assert measured.figures["import raw"] > 0
    assert measured.figures["import"] > 0


@pytest.mark.postgresql
def test_so_it_is_on_postgresql(postgres: Server, tmp_path: Path) -> None:
    measured = importing.measure(Place(tmp_path, postgres.url, f"bench_{tmp_path.name.replace('-', '_')}"), FEW)

    assert measured.figures["import again/rows written"] == 0
    assert measured.figures["import raw"] > 0


@pytest.mark.processes
def test_the_whole_product_is_weighed(place: Place) -> None:
    measured = product.measure(place, FEW)

    assert measured.figures["rest"] > 50
    assert 0 < measured.figures["weight/list"] < measured.figures["weight/first"]
    assert measured.figures["start"] > 0


def test_a_report_names_each_goal_and_says_what_was_not_measured(tmp_path: Path) -> None:
    place = Place(tmp_path)
    figures = {"import": 5_000.0, "import raw": 20_000.0, "rest": 400.0}
    keep(place, "importing", Result([Table("Import", ("a", "b"), [("c", "d")])], figures, ["A note."]), FEW, 1)

    text = report.write(place).read_text(encoding="utf-8")

    assert kept(place, "importing") is not None
    assert kept(place, "pages") is None
    assert "| import with all product work | ≥ 2,000 orders/s | 5,000 orders/s | yes |" in text
    assert "| the same, of the raw upsert | ≥ 0.30 × | 0.25 × | no: 1.2 × too slow |" in text
    assert "| the whole product at rest (PSS) | ≤ 250 MB | 400 MB | no: 1.6 × too much |" in text
    assert text.count("not measured") == len(goals.goals(place.kind)) - 3
    assert "| c | d |\n\nA note." in text


def test_a_part_nobody_knows_is_refused(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "benchmarks", str(tmp_path), "--parts", "pages,nothing"]

    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "There is no part nothing; there are pages, against" in done.stderr
