"""Run all parts, each in a process of its own and printed as soon as it is measured, and write the report.

    python -m benchmarks FOLDER [--database sqlite|postgresql|URL] [--orders 1000000] [--rounds 100] [--parts pages,…]

What is missing of the orders is filled in first. A part that fails or takes too long loses nothing of the others: its
name can be given to `--parts` later, and the report is made of the newest of each.
"""

import os
import subprocess
import sys
import time

from benchmarks import report
from benchmarks.parts import parser
from benchmarks.places import POSTGRESQL, RUNNING, Place, opened

# Seconds.
LONGEST = 1_200


def main() -> None:
    asked = parser(__doc__)
    asked.add_argument("--parts", default=",".join(report.PARTS), help="which, parted by commas")
    options = asked.parse_args()
    wanted = [name for name in options.parts.split(",") if name]
    unknown = set(wanted) - set(report.PARTS)
    if unknown:
        asked.error(f"There is no part {', '.join(sorted(unknown))}; there are {', '.join(report.PARTS)}.")
    words = [str(options.folder), "--database", options.database, "--orders", str(options.orders)]
    words += ["--rounds", str(options.rounds), "--seed", str(options.seed)]
    with opened(options.folder, options.database) as place:
        environment = dict(os.environ)
        if options.database == POSTGRESQL and place.server is not None:
            environment[RUNNING] = place.server.render_as_string(hide_password=False)
        subprocess.run([sys.executable, "-m", "benchmarks.fill", *words], check=True, env=environment)
        if {"against", "throughput"} & set(wanted):
            # Who measures them says what is missing; the others do not need them.
            subprocess.run([sys.executable, "-m", "benchmarks.copies", *words], check=False, env=environment)
        failed = [name for name in wanted if not _run(name, words, environment, place)]
        path = report.write(place)
        print(path.read_text(encoding="utf-8"))
        print(f"Written to {path}.", flush=True)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}. Again: --parts {','.join(failed)}")


def _run(name: str, words: list[str], environment: dict[str, str], place: Place) -> bool:
    """Run a part; return whether it was measured."""
    print(f"--- {report.PARTS[name]}", flush=True)
    started = time.perf_counter()
    program = [sys.executable, "-m", f"benchmarks.{name}", *words]
    try:
        done = subprocess.run(program, env=environment, timeout=LONGEST, check=False).returncode
    except subprocess.TimeoutExpired:
        done = 1
    report.write(place)
    print(f"--- {'done' if not done else 'FAILED'} in {time.perf_counter() - started:.0f} s\n", flush=True)
    return not done


if __name__ == "__main__":
    main()
