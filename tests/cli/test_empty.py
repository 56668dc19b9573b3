"""A desk in which there is nothing yet, and a data folder nobody named."""

from click.testing import CliRunner

from webapp.cli import channeldesk


def test_empty_lists_print_a_message(command):
    outputs = {words: command(*words).out for words in (("stores", "list"), ("accounts", "list"), ("orders", "list"))}

    assert outputs == {
        ("stores", "list"): "There are no stores yet.\n",
        ("accounts", "list"): "There are no accounts yet.\n",
        ("orders", "list"): "There are no Orders yet.\n",
    }
    assert command("stores", "list", "--json").json == []
    product = command("products", "set", "NEW-1", "--quantity", "3")
    assert (product.code, product.error) == (
        1,
        "channeldesk: No seller account is connected yet. Products belong to one.",
    )


def test_an_empty_data_folder_is_not_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(channeldesk, ["orders", "list", "--data-dir", ""])

    assert result.exit_code == 2
    assert "it is empty; name a folder, or leave the option away." in result.stderr
    assert list(tmp_path.iterdir()) == []
