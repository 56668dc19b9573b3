"""`channeldesk shipments import`: the same as the page, for scripts."""

import pytest

DHL, UPS = "00340434161094042557", "1Z999AA10123456784"


@pytest.fixture
def numbers(command, account_name, amazon):
    """Amazon's numbers of three orders that wait to be shipped."""
    placed = [amazon.world.place("DE") for _ in range(3)]
    assert command("sync", account_name).code == 0
    return placed


def shipped(command, number):
    return sum(item["shipped"] for item in command("orders", "show", number, "--json").json["items"])


def test_a_dry_run_says_what_would_be_done_and_does_nothing(command, numbers, tmp_path):
    (tmp_path / "sheet.csv").write_text(f"{numbers[0]};{DHL}\n999-9999999-9999999;{UPS}\n")

    result = command("shipments", "import", str(tmp_path / "sheet.csv"), "--dry-run", "--json")

    assert result.code == 0, result.error
    assert [(line["state"], line["carrier"]) for line in result.json["lines"]] == [("ready", "DHL"), ("blocked", None)]
    counts = {key: value for key, value in result.json.items() if key not in {"lines", "files"}}
    none_of = dict.fromkeys(("done", "failed", "choose", "confirm", "already", "left_out"), 0)
    assert counts == {"dry_run": True, "ready": 1, "blocked": 1} | none_of
    assert shipped(command, numbers[0]) == 0


def test_ready_lines_are_shipped_once(command, numbers, tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.tsv"
    one.write_text(f"Bestellung;Sendungsnummer\n{numbers[0]};{DHL}\n", encoding="utf-16")
    two.write_text(f"{UPS}\t{numbers[1]}\n")

    first = command("shipments", "import", str(one), str(two), "--json")
    again = command("shipments", "import", str(one), str(two))

    places = [(line["file"], line["line"]) for line in first.json["lines"]]
    assert (first.json["done"], places) == (2, [("one.csv", 2), ("two.tsv", 1)])
    assert first.json["lines"][0]["message"].startswith("Shipment ")
    lines = again.out.splitlines()
    assert [line.partition(": ")[0] for line in lines[:2]] == ["one.csv:2", "two.tsv:1"]
    assert lines[2:] == [
        "one.csv: 2 lines read, 2 explained, headings: 1",
        "two.tsv: 1 lines read, 1 explained",
        "2 already",
    ]
    assert shipped(command, numbers[0]) > 0
    submissions = command("submissions", "list", "--json").json
    assert sorted(one["kind"] for one in submissions) == ["shipment", "shipment"]


def test_an_unreadable_file_is_one_line(command, account_name, tmp_path):
    (tmp_path / "sheet.csv").write_text("nothing of use")
    result = command("shipments", "import", str(tmp_path / "sheet.csv"))
    assert result.code == 1
    assert result.error.startswith("channeldesk: sheet.csv: No order numbers were found.")
    (tmp_path / "book.csv").write_bytes(b"PK\x03\x04rest")
    book = command("shipments", "import", str(tmp_path / "book.csv"))
    assert book.error.startswith("channeldesk: book.csv is a workbook, not a text file.")
    folder = command("shipments", "import", str(tmp_path))
    assert (folder.code, "is a directory" in folder.error) == (2, True)


def test_every_line_and_column_of_a_file_is_accounted_for(command, numbers, tmp_path):
    (tmp_path / "sheet.csv").write_text(
        "Order;Return label;Tracking number;Status;Notes\n"
        f"{numbers[0]};00340434161099492555;{DHL};printed;x\n"
        f"{numbers[1]};;{UPS};Voided;\n"
        f"{numbers[2]};;;;\n"
        ";;;;total 3\n"
    )

    result = command("shipments", "import", str(tmp_path / "sheet.csv"), "--dry-run", "--json").json
    words = command("shipments", "import", str(tmp_path / "sheet.csv"), "--dry-run").out

    assert [(line["line"], line["state"]) for line in result["lines"]] == [
        (2, "ready"),
        (3, "left_out"),
        (4, "blocked"),
        (5, "left_out"),
    ]
    assert result["files"] == [
        {
            "file": "sheet.csv",
            "lines_read": 5,
            "lines_explained": 5,
            "heading_lines": 1,
            "columns": {"order": "Order", "tracking_number": "Tracking number"},
            "unused_columns": [
                {"column": "Return label", "why": "return"},
                {"column": "Status", "why": None},
                {"column": "Notes", "why": None},
            ],
        }
    ]
    assert "5 lines read, 5 explained, headings: 1; columns not used: Return label (return labels), Status" in words


def test_orders_that_share_a_number_are_shipped_with_the_shared_parcels_option(command, numbers, tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(f"Order;Tracking\n{numbers[0]};{DHL}\n{numbers[1]};{DHL}\n")

    asked = command("shipments", "import", str(sheet), "--no-undo", "--json").json
    result = command("shipments", "import", str(sheet), "--no-undo", "--shared-parcels", "--json").json
    again = command("shipments", "import", str(sheet), "--no-undo", "--shared-parcels", "--json").json

    assert [(line["state"], "one package" in line["message"]) for line in asked["lines"]] == [("choose", True)] * 2
    assert (result["done"], again["already"]) == (2, 2)
    assert shipped(command, numbers[0]) * shipped(command, numbers[1]) > 0


def test_one_order_is_shipped_by_hand_in_the_parcel_of_another(command, numbers):
    assert command("orders", "ship", numbers[0], "--tracking", DHL, "--carrier", "DHL").code == 0
    asked = command("orders", "ship", numbers[1], "--tracking", DHL, "--carrier", "DHL")
    assert (asked.code, "Confirm that both orders are in one package" in asked.error) == (1, True)
    assert command("orders", "ship", numbers[1], "--tracking", DHL, "--carrier", "DHL", "--shared-parcel").code == 0
    assert shipped(command, numbers[1]) > 0


def test_transparency_codes_and_the_service_are_given_by_options(command, account_name, amazon):
    number = amazon.world.place("DE", lines=((0, 1),), features=("transparency",))
    assert command("sync", account_name).code == 0
    sku = command("orders", "show", number, "--json").json["items"][0]["sku"]
    ship = ("orders", "ship", number, "--tracking", DHL, "--service", "Paket")

    missing = command(*ship)
    unknown = command(*ship, "--transparency-code", "NOT-THERE=AZ-1")

    assert (missing.code, unknown.code) == (1, 1)
    assert "Transparency code of each unit: 1 are needed, 0 entered" in missing.error
    assert "NOT-THERE=AZ-1 is not SKU=CODE" in unknown.error
    assert command(*ship, "--transparency-code", f"{sku}=AZ-1").code == 0
    assert shipped(command, number) == 1
