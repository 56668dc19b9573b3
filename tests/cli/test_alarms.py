"""`channeldesk alarms`."""

import json

from tests.support.webhooks import webhook_receiver


def test_settings_and_a_test_message(command) -> None:
    refused = command("alarms", "test")
    assert (refused.code, "No alarm is sent yet" in refused.error) == (1, True)
    with webhook_receiver() as receiver:
        words = (
            "alarms",
            "set",
            "--webhook-url",
            receiver.url,
            "--quiet",
            "22:00-07:00",
            "--time-zone",
            "Europe/Berlin",
        )
        saved = command(*words, "--json")
        assert json.loads(saved.out)["quiet"] == "22:00-07:00"
        assert command("alarms", "test").out == "webhook: delivered\n"
        assert [event["event"] for event in receiver.events] == ["test"]
        receiver.answers = [404]
        failed = command("alarms", "test")
        assert (failed.code, failed.out) == (1, "webhook: HTTP 404\n")
    assert json.loads(command("alarms", "list", "--json").out) == []
    wrong = command("alarms", "set", "--quiet", "22:00")
    assert (wrong.code, wrong.error) == (1, "channeldesk: Quiet hours need a start and an end.")
