"""The report: machine, goals and the stored results of each part."""

from pathlib import Path

from benchmarks import goals, machine
from benchmarks.parts import kept
from benchmarks.places import Place

PARTS = {
    "pages": "Pages compared to the floor",
    "against": "Compared to Django admin, Flask-Admin and django-oscar",
    "throughput": "Throughput",
    "scale": "Many orders compared to few",
    "importing": "Import",
    "product": "The whole product",
}


def write(place: Place) -> Path:
    """Write the Markdown file of this folder and kind of database."""
    found = {name: kept(place, name) for name in PARTS}
    figures = {name: value for part in found.values() if part for name, value in part[1].figures.items()}
    lines = [f"# Measured on {place.kind}", "", *(f"- {line}" for line in machine.described(place)), ""]
    lines += goals.table(figures, place.kind).lines()
    for name, title in PARTS.items():
        lines += ["", f"## {title}", ""]
        part = found[name]
        if part is None:
            lines.append("Not measured.")
            continue
        about, result = part
        lines += [f"{about['at']}, {about['seconds']} s, {about['rounds']} rounds.", "", *result.lines()]
    path = place.folder / f"report-{place.kind}.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
