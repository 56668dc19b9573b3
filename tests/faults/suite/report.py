"""The figures of a run, for people and for docs/reliability.md."""

from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.faults.suite.run import Result

PAGE = Path(__file__).parents[3] / "docs" / "reliability.md"


def format_table(result: Result) -> list[str]:
    """Return lines of Markdown."""
    title = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[result.database]
    summary = (
        f"{datetime.now(UTC):%Y-%m-%d}, {title}, seed {result.seed}: {result.steps} steps in "
        f"{result.seconds / 60:.1f} minutes; {result.orders} orders, {result.clicks} accepted requests, "
        f"{result.effects} refunds, shipments and cancellations at Amazon, {result.mails} mails; "
        f"**{len(result.violations)} violations**."
    )
    lines = [summary, "", "| fault | times | orders come in again | health is green |", "|---|---|---|---|"]
    for name, recoveries in sorted(result.recoveries.items()):
        columns = " | ".join(
            f"{median(seconds):.1f} s, at most {max(seconds):.1f} s" for seconds in zip(*recoveries, strict=True)
        )
        lines.append(f"| {name} | {len(recoveries)} | {columns} |")
    if result.left_out:
        lines += ["", f"Not injected in this run: {', '.join(sorted(result.left_out))}."]
    return lines


def write(result: Result, page: Path = PAGE) -> None:
    """Replace the figures of this database in the page."""
    begin, end = (f"<!-- {word} of the fault suite: {result.database} -->" for word in ("begin", "end"))
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text("\n".join([before + begin, "", *format_table(result), "", end]) + after)
