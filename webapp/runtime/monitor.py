"""The process of the monitor."""

import signal
import threading
from datetime import UTC, datetime
from types import FrameType

from flask import Flask

from webapp.core import heartbeats
from webapp.core.extensions import db
from webapp.health.monitor import INTERVAL, Monitor


def run(app: Flask) -> None:
    """Make rounds until SIGTERM. One at a time per data folder."""
    stop = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    # Deliveries have time limits of their own, which are longer than a heartbeat.
    heartbeats.start_background()
    with app.app_context():
        db.engine.dispose(close=False)
        monitor = Monitor(app, datetime.now(UTC))
        while not stop.is_set():
            monitor.run_round(datetime.now(UTC))
            stop.wait(INTERVAL)
