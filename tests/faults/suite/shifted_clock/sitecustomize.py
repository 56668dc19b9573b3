"""Python imports this in every process of the product: it adds the seconds in a shared file to the clock.

The clock of a machine cannot be set for some processes only. Valkey, PostgreSQL and SQLite keep the real one.
"""

import mmap
import os
import struct
from pathlib import Path

if "FAULT_SUITE_CLOCK" in os.environ:
    import _time_machine
    import time_machine

    with Path(os.environ["FAULT_SUITE_CLOCK"]).open("r+b") as file:
        shared = mmap.mmap(file.fileno(), 8)

    def read_clock(_: time_machine.Traveller) -> int:
        return _time_machine.original_time_ns() + struct.unpack("q", shared[:8])[0] * 10**9

    time_machine.Traveller.time_ns = read_clock
    time_machine.travel(0.0).start()
