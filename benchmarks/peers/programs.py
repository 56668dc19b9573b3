"""The programs compared with: preparation, start, sign-in and the URLs of their pages."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import desk_pages as desk
from benchmarks import oscar_rows, plain
from benchmarks.bulk import connect
from benchmarks.peers.engine import EMAIL, PASSWORD, USER
from benchmarks.places import Place
from benchmarks.served import Asked, Server, served

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-benchmarks" / "bin" / "python"
READY = ROOT / ".venv-benchmarks" / "ready"
ADMIN, ADMIN_FAST = "Django admin", "Django admin, fastest"
FLASK, FLASK_FAST = "Flask-Admin", "Flask-Admin, fastest"
OSCAR = "django-oscar"
NAMES = (ADMIN, ADMIN_FAST, FLASK, FLASK_FAST, OSCAR)


@dataclass(frozen=True)
class Program:
    """`copy`: which database besides Channeldesk's it reads. `pages`: (an order's id and number, page) → paths."""

    name: str
    module: str
    application: str
    copy: str
    sign_in: tuple[str, dict[str, str], str]
    settings: tuple[tuple[str, str], ...]
    pages: Callable[[str, int, str, int], dict[str, str]]


def is_there() -> bool:
    """Return whether their environment was created completely."""
    return READY.exists()


def _django(base: str, id_: int, number: str, page: int) -> dict[str, str]:
    every = f"/{base}/django_admin/order/"
    return {
        desk.FIRST: every,
        desk.NEXT: f"{every}?p={page // 2 + 1}",
        desk.JUMP: f"{every}?p={page}",
        desk.COMMON_FILTER: f"{every}?status__exact=SHIPPED",
        desk.RARE_FILTER: f"{every}?status__exact=UNSHIPPED",
        **{name: f"{every}?q={word}" for name, word in desk.NAMES.items()},
        desk.NUMBER: f"{every}?q={number}",
        desk.ORDER: f"{every}{id_}/change/",
        desk.DASHBOARD: f"/{base}/",
    }


def _flask(base: str, id_: int, number: str, page: int) -> dict[str, str]:
    every = f"/admin/{base}/"
    return {
        desk.FIRST: every,
        desk.NEXT: f"{every}?page={page // 2}",
        desk.JUMP: f"{every}?page={page - 1}",
        desk.COMMON_FILTER: f"{every}?flt0_status_equals=SHIPPED",
        desk.RARE_FILTER: f"{every}?flt0_status_equals=UNSHIPPED",
        **{name: f"{every}?search={word}" for name, word in desk.NAMES.items()},
        desk.NUMBER: f"{every}?search={number}",
        desk.ORDER: f"{every}edit/?id={id_}",
    }


def _oscar(base: str, _id: int, number: str, page: int) -> dict[str, str]:
    every = f"{base}orders/"
    return {
        desk.FIRST: every,
        desk.NEXT: f"{every}?page={page // 2 + 1}",
        desk.JUMP: f"{every}?page={page}",
        desk.COMMON_FILTER: f"{every}?status=SHIPPED",
        desk.RARE_FILTER: f"{every}?status=UNSHIPPED",
        **{name: f"{every}?name={word}" for name, word in desk.NAMES.items()},
        # A whole number leads to the order itself, so what is measured is a beginning of one.
        desk.NUMBER: f"{every}?order_number={number[:-1]}",
        desk.ORDER: f"{every}{number}/",
        desk.DASHBOARD: base,
    }


PROGRAMS = (
    Program(
        "Django admin",
        "benchmarks.peers.django_admin.wsgi",
        "application",
        "plain",
        ("/admin/login/", {"username": USER, "password": PASSWORD}, "csrfmiddlewaretoken"),
        ((ADMIN, "admin"), (ADMIN_FAST, "fast")),
        _django,
    ),
    Program(
        "Flask-Admin",
        "benchmarks.peers.flask_admin_app",
        "app",
        "plain",
        ("/sign-in", {"email": EMAIL, "password": PASSWORD}, ""),
        ((FLASK, "order"), (FLASK_FAST, "fast")),
        _flask,
    ),
    Program(
        "django-oscar",
        "benchmarks.peers.oscar_shop.wsgi",
        "application",
        "oscar",
        ("/dashboard/login/", {"username": EMAIL, "password": PASSWORD}, "csrfmiddlewaretoken"),
        ((OSCAR, "/dashboard/"),),
        _oscar,
    ),
)


def prepare(place: Place, many: int, seed: int) -> Iterator[str]:
    """Make what is missing of the copies and of who signs in; a sentence for each."""
    yield f"Plain copy for Django admin and Flask-Admin: {plain.fill(place, many, seed):.0f} s"
    for program in PROGRAMS:
        environment = {**os.environ, "PEER_DATABASE": place.peer_database(program.copy)}
        subprocess.run([PYTHON, "-m", program.module], check=True, cwd=ROOT, env=environment)
    yield f"django-oscar's tables: {oscar_rows.fill(place, many, seed):.0f} s"


@contextmanager
def running(place: Place) -> Iterator[list[tuple[Program, Server]]]:
    """Run each of them behind gunicorn, signed in."""
    with ExitStack() as stack:
        found = []
        for program in PROGRAMS:
            application = f"{program.module}:{program.application}"
            environment = {"PEER_DATABASE": place.peer_database(program.copy)}
            server = stack.enter_context(served(program.name, application, "", environment, ROOT, str(PYTHON)))
            server.sign_in(*program.sign_in)
            found.append((program, server))
        yield found


def pages(place: Place, program: Program, server: Server, number: str, many: int) -> Iterator[Asked]:
    """Return its pages in each of its settings, about the order of this number among `many`."""
    with closing(connect(place.peer_database("plain"))) as database:
        id_ = database.value(f"SELECT id FROM orders WHERE number = '{number}'")
    for who, base in program.settings:
        for name, path in program.pages(base, id_, number, max(2, min(desk.LAST_PAGE, many // 50))).items():
            yield Asked(server, name, path, who)


def versions() -> dict[str, str]:
    """Package → version of what is compared with; empty without their environment."""
    if not is_there():
        return {}
    script = (
        "import json; from importlib.metadata import version; "
        "print(json.dumps({n: version(n) for n in ('Django', 'Flask-Admin', 'django-oscar', 'gunicorn')}))"
    )
    done = subprocess.run([PYTHON, "-c", script], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found
