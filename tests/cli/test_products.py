"""`channeldesk products`."""

import pytest

KEYS = {
    *("sku", "title", "asin", "enabled", "manage_stock", "quantity", "reserved", "available", "flag", "account"),
}


@pytest.fixture
def ordered(command, account_name, amazon):
    """The SKU of two pieces that were ordered, unknown until then."""
    amazon.world.place("DE", lines=[(0, 2)])
    assert command("sync", account_name).code == 0
    return "ANV-KETTLE-DE"


def test_a_product_an_order_made_is_listed_and_counted(command, ordered):
    (product,) = command("products", "list", "--flagged", "--json").json
    assert (product["sku"], product["flag"], product["manage_stock"], product.keys()) == (ordered, "found", False, KEYS)

    result = command("products", "set", ordered, "--quantity", "1", "--reason", "count", "--json").json
    assert (result["quantity"], result["reserved"], result["available"], result["flag"]) == (1, 2, -1, "")

    assert command("products", "list", "--stock", "oversold").out == (
        f"{ordered:<24}  1 on hand, 2 reserved, -1 to sell    Enamel kettle, 1.2 litres, forest green\n"
    )
    made = command("products", "set", "NEW-1", "--title", "New", "--disabled", "--json").json
    assert (made["sku"], made["enabled"], made["manage_stock"]) == ("NEW-1", False, False)
    wrong = command("products", "set", "NEW-1", "--quantity", "9999999999")
    assert (wrong.code, wrong.error) == (1, "channeldesk: Enter a quantity up to 1000000000.")


def test_files_go_out_and_in(command, account_name, tmp_path):
    file = tmp_path / "products.csv"
    file.write_text("sku;quantity;Titel\nA-1;5;Tasse\nA-2;x;Topf\n")
    looked = command("products", "import", str(file), "--preview", "--json").json
    assert looked == {
        "preview": True,
        "created": 1,
        "changed": 0,
        "same": 0,
        "wrong": 1,
        "left_out": [
            {"line": 3, "sku": "A-2", "cause": "product_quantity_malformed", "words": "x must be a whole number."}
        ],
        "ignored": ["Titel"],
    }
    assert command("products", "list", "--json").json == []

    taken = command("products", "import", str(file))
    assert taken.out == (
        "line 3: x must be a whole number.\nUnknown columns: Titel\n1 created, 0 changed, 0 the same, 1 left out\n"
    )
    out = tmp_path / "out.csv"
    assert command("products", "export", str(out)).code == 0
    again = command("products", "import", str(out), "--json").json
    assert (again["same"], again["created"], again["changed"], again["left_out"], again["ignored"]) == (1, 0, 0, [], [])
    unknown = command("products", "import", str(file), "--account", "Nobody")
    assert unknown.error == f"channeldesk: Choose a seller account: {account_name}."
