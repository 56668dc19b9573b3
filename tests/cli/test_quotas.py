"""`channeldesk accounts quotas`."""

import json


def test_quotas_of_an_account(command, account_name: str) -> None:
    assert command("sync", account_name).code == 0
    rows = {row["operation"]: row for row in json.loads(command("accounts", "quotas", account_name, "--json").out)}
    assert rows["searchOrders"]["burst"] == 20
    # The scheduler does not run, so the first sync is due.
    assert [(part["priority"], part["calls"]) for part in rows["searchOrders"]["waiting"]] == [("sync", 1)]
    assert "searchOrders" in command("accounts", "quotas", account_name).out
    assert command("accounts", "quotas", "Nobody").code == 1
