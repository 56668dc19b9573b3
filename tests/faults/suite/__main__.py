"""`make faults`: run the fault suite, print the result, and write it into docs/reliability.md."""

import argparse
import random
import sys

from tests.faults.suite import report
from tests.faults.suite.faults import FAULTS
from tests.faults.suite.run import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.suite", description=__doc__)
    parser.add_argument("--seed", type=int, help="default: drawn")
    parser.add_argument("--hours", type=float, default=0.25)
    parser.add_argument("--steps", type=int, help="end after so many steps")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--only", action="append", choices=[fault.name for fault in FAULTS], help="only this fault")
    parser.add_argument("--no-docs", action="store_true", help="do not write docs/reliability.md")
    given = parser.parse_args()
    seed = random.randrange(10**6) if given.seed is None else given.seed
    print(f"Seed {seed}, {given.database}", flush=True)
    result = run(
        seed,
        database=given.database,
        seconds=given.hours * 3600,
        steps=given.steps,
        names=tuple(given.only or ()),
        show=lambda line: print(line, flush=True),
    )
    print("\n".join(report.format_table(result)))
    if result.violations:
        print("\n".join(result.violations), file=sys.stderr)
        again = f"make faults SEED={seed} STEPS={result.steps} DATABASE={given.database}"
        print(f"{len(result.violations)} violations by step {result.steps}. To repeat: {again}", file=sys.stderr)
    if not given.no_docs:
        report.write(result)
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
