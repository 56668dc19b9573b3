"""`python -m simulator`: serve the imitation until SIGTERM or Ctrl-C."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from simulator.http.app import create_simulator
from simulator.http.mail_pages import Mailbox
from simulator.operations.scenarios import SCENARIOS, UnknownScenario
from simulator.operations.world import SETTLE, World
from simulator.state.limits import LIMITS
from simulator.state.state_file import StateInUse


class Quiet(WSGIRequestHandler):
    """The desk lists the calls; the terminal stays readable."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What the Date header says: the time of the world that is served, as Amazon's answers carry Amazon's."""
        world = getattr(self.server.app, "extensions", {}).get("world")
        return super().date_time_string(world.clock.now().timestamp() if timestamp is None and world else timestamp)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m simulator", description="An imitation of Amazon's Selling Partner API."
    )
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8490, help="0 takes a free one")
    made.add_argument("--mail-port", type=int, help="take mails to buyers there; 0 takes a free one")
    made.add_argument("--scenario", default="busy_monday", help=", ".join(SCENARIOS) + " or many:NUMBER")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--limits", choices=LIMITS, default="relaxed")
    made.add_argument(
        "--state", type=Path, metavar="FILE", help="go on where this file left off, and keep it up to date"
    )
    made.add_argument(
        "--arrivals", type=float, default=0.0, metavar="SECONDS", help="mean time between new orders; 0: none"
    )
    made.add_argument(
        "--settle", type=float, default=SETTLE, metavar="SECONDS", help="how old an update is before it shows"
    )
    made.add_argument("--feed-seconds", type=float, metavar="SECONDS", help="how long a feed takes")
    made.add_argument("--pending-seconds", type=float, metavar="SECONDS", help="how long a new order stays pending")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after a clean end, 2 when it could not start."""
    options = parser().parse_args(arguments)
    try:
        world = World(
            options.scenario,
            options.seed,
            options.limits,
            state_path=options.state,
            settle=options.settle,
            feed_seconds=options.feed_seconds,
            pending_seconds=options.pending_seconds,
            arrivals=options.arrivals,
        )
        mailbox = None if options.mail_port is None else Mailbox(options.host, options.mail_port)
        app = create_simulator(world, mailbox)
        server = make_server(options.host, options.port, app, threaded=True, request_handler=Quiet)
    except (OSError, StateInUse, UnknownScenario) as problem:
        sys.stderr.write(f"The simulator cannot start: {problem}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    serving.start()
    address = f"http://{options.host}:{server.server_port}"
    sys.stdout.write(f"Amazon simulator at {address}, its desk at {address}/_desk\n")
    sys.stdout.flush()
    stop.wait()
    server.shutdown()
    server.server_close()
    if mailbox is not None:
        mailbox.close()
    world.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
