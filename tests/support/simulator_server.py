"""Amazon for tests: the simulator on a free port of 127.0.0.1, in a thread of the test's own process."""

import threading
from types import TracebackType
from typing import Self

from werkzeug.serving import make_server

from simulator.http.app import RequestHandler, create_simulator
from simulator.operations.mailbox import Mailbox
from simulator.operations.world import World


class AmazonServer:
    """`with AmazonServer(World("empty", update_delay=0)) as amazon:` serves `amazon.world` at `amazon.url`."""

    def __init__(self, world: World, mailbox: Mailbox | None = None) -> None:
        self.world = world
        app = create_simulator(world, mailbox)
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=RequestHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.world.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
