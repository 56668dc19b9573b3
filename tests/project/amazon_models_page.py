"""Writes docs/amazon-models.md: which of Amazon's models the tests validated, by content, and names what changed."""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.support.amazon_models import ROOT, USED

PAGE = ROOT / "docs" / "amazon-models.md"
HEAD = """# Amazon's models that were validated

The requests of the client and the answers of the simulator are validated against these files of Amazon's repository
`amzn/selling-partner-api-models`. They are not part of this repository. To repeat it with a clone of that one:

```sh
make models MODELS=path/to/selling-partner-api-models
```

names every difference from the models taken before, copies the files below into `.amazon-models` (ignored by git), runs
the tests that use them, and writes this page again.
Where the folder is missing, `make test` skips these tests and says so.

| file | API | version | SHA-256 |
|---|---|---|---|
"""


def list_differences(before: Any, after: Any, path: str = "") -> list[str]:
    """Return a line for each part of a model that was added, removed or changed, by its path."""
    if isinstance(before, dict) and isinstance(after, dict):
        lines = [f"{path}/{name} was removed" for name in before if name not in after]
        lines += [f"{path}/{name} was added" for name in after if name not in before]
        for name in before:
            if name in after:
                lines += list_differences(before[name], after[name], f"{path}/{name}")
        return lines
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [line for index, (old, new) in pairs for line in list_differences(old, new, f"{path}/{index}")]
    return [] if before == after else [f"{path} was changed"]


def take(source: Path) -> None:
    """Copy the models that are used from a clone, or from any folder that holds them. Exits with a message."""
    files = {name: next(iter(sorted(source.rglob(name))), None) for name in USED}
    for name, file in files.items():
        if file is None:
            sys.exit(f"{name} is nowhere in {source}. Clone amzn/selling-partner-api-models and name its folder.")
    folder = ROOT / ".amazon-models"
    folder.mkdir(exist_ok=True)
    found = {name: Path(str(file)) for name, file in files.items()}
    for name, file in found.items():
        if (folder / name).is_file():
            old, new = (json.loads(path.read_text()) for path in (folder / name, file))
            for line in list_differences(old, new):
                sys.stdout.write(f"{name}{line}\n")
    for name, file in found.items():
        shutil.copyfile(file, folder / name)


def page(folder: Path) -> str:
    rows = []
    for name in USED:
        body = (folder / name).read_bytes()
        info = json.loads(body)["info"]
        digest = hashlib.sha256(body).hexdigest()
        rows.append(f"| `{name}` | {' '.join(info['title'].split())} | {info['version']} | `{digest}` |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["take"]:
        take(Path(sys.argv[2]))
    else:
        PAGE.write_text(page(ROOT / ".amazon-models"))
