"""`python -m simulator`: serve the simulated Amazon until SIGTERM or Ctrl-C."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from werkzeug.serving import make_server

from simulator.http.app import RequestHandler, create_simulator
from simulator.operations.mailbox import Mailbox
from simulator.operations.scenarios import SCENARIOS, UnknownScenarioError
from simulator.operations.world import UPDATE_DELAY, World
from simulator.state.limits import LIMITS
from simulator.state.state_file import StateFileError


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="A simulator of Amazon's Selling Partner API."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8490, help="0 chooses a free one")
    parser.add_argument("--mail-port", type=int, help="receive e-mails to buyers on this port; 0 chooses a free one")
    parser.add_argument("--scenario", default="busy_monday", help=", ".join(SCENARIOS) + " or many:NUMBER")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limits", choices=LIMITS, default="relaxed")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="load the state from this file and keep it up to date"
    )
    parser.add_argument(
        "--arrivals", type=float, default=0.0, metavar="SECONDS", help="mean time between new orders; 0: none"
    )
    parser.add_argument(
        "--update-delay",
        type=float,
        default=UPDATE_DELAY,
        metavar="SECONDS",
        help="delay before a search shows an update",
    )
    parser.add_argument("--feed-seconds", type=float, metavar="SECONDS", help="processing time of a feed")
    parser.add_argument("--pending-seconds", type=float, metavar="SECONDS", help="time a new order stays pending")
    parser.add_argument("--finances-delay", type=float, metavar="SECONDS", help="delay before a transaction is shown")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0 after a clean shutdown, 2 when the server could not start."""
    options = build_parser().parse_args(arguments)
    try:
        world = World(
            options.scenario,
            options.seed,
            options.limits,
            state_path=options.state,
            update_delay=options.update_delay,
            feed_seconds=options.feed_seconds,
            pending_seconds=options.pending_seconds,
            finances_delay=options.finances_delay,
            arrivals=options.arrivals,
        )
        mailbox = None if options.mail_port is None else Mailbox(options.host, options.mail_port)
        app = create_simulator(world, mailbox)
        server = make_server(options.host, options.port, app, threaded=True, request_handler=RequestHandler)
    except (OSError, StateFileError, UnknownScenarioError) as error:
        sys.stderr.write(f"The simulator cannot start: {error}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    address = f"http://{options.host}:{server.server_port}"
    sys.stdout.write(f"Amazon simulator at {address}, control page at {address}/_control\n")
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
