"""Writes docs/amazon-models.md: which of Amazon's models the tests validated, by content."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from tests.support.amazon_models import ROOT, USED

PAGE = ROOT / "docs" / "amazon-models.md"
HEAD = """# Amazon's models that were validated

The requests of the client and the answers of the simulator are validated against these files of Amazon's repository
`amzn/selling-partner-api-models`. They are not part of this repository. To repeat it with a clone of that one:

```sh
make models MODELS=path/to/selling-partner-api-models
```

copies the files below into `.amazon-models` (ignored by git), runs the tests that use them, and writes this page again.
Where the folder is missing, `make test` skips these tests and says so.

| file | API | version | SHA-256 |
|---|---|---|---|
"""


def take(source: Path) -> None:
    """Copy the models that are used from a clone, or from any folder that holds them. Exits with a message."""
    files = {name: next(iter(sorted(source.rglob(name))), None) for name in USED}
    for name, file in files.items():
        if file is None:
            sys.exit(f"{name} is nowhere in {source}. Clone amzn/selling-partner-api-models and name its folder.")
    folder = ROOT / ".amazon-models"
    folder.mkdir(exist_ok=True)
    for name, file in files.items():
        shutil.copyfile(str(file), folder / name)


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
