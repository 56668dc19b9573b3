"""`channeldesk users`: manage users."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, open_app, show
from webapp.domain.errors import InvalidError, require
from webapp.domain.users.permissions import ROLES
from webapp.models.users import User


@click.group(cls=Group)
def users() -> None:
    """Create and list users, change their roles, disable them and sign them out."""


@users.command()
@click.option("--email", required=True, help="The user's e-mail address.")
@click.option("--role", required=True, help=f"The user's role: {', '.join(ROLES)}.")
@data_dir_option
@json_option
def create(email: str, role: str, data_dir: Path | None, as_json: bool) -> None:
    """Create a user. The password is read from standard input, so that it is not in the shell's history."""
    from webapp.core.extensions import db
    from webapp.domain.users.credentials import check_password, check_role, clean_email
    from webapp.services.users.users import create_user
    from webapp.web import auth

    check_role(role)
    email = clean_email(email)
    password = _read_password()
    check_password(password, email)
    with open_app(data_dir):
        user = create_user(db.session(), email, role, auth.hash_password(password), datetime.now(UTC))
        show(_serialize(user), as_json, lambda row: iter([f"Created {row['email']} as {row['role']}."]))


@users.command("list")
@data_dir_option
@json_option
def list_users(data_dir: Path | None, as_json: bool) -> None:
    """List the users."""
    from webapp.core.extensions import db
    from webapp.queries.users import list_users

    with open_app(data_dir):
        show([_serialize(user) for user in list_users(db.session())], as_json, _format_list)


@users.command()
@click.option("--email", required=True, help="The user's e-mail address.")
@data_dir_option
@json_option
def link(email: str, data_dir: Path | None, as_json: bool) -> None:
    """Print a link with which a user sets a new password and signs in. It works once within 24 hours."""
    from webapp.core.extensions import db
    from webapp.runtime.file_lock import find_running_address
    from webapp.services.users.users import make_sign_in_link

    with open_app(data_dir) as app:
        settings = app.config["CHANNELDESK"]
        # Channeldesk may run on another port than the settings of this shell.
        settings = replace(settings, public_url=find_running_address(settings.data_dir) or settings.public_url)
        url = make_sign_in_link(db.session(), settings, datetime.now(UTC), email)
        show({"link": url}, as_json, lambda row: iter([row["link"]]))


@users.command()
@click.option("--email", required=True, help="The user's e-mail address.")
@data_dir_option
@json_option
def disable(email: str, data_dir: Path | None, as_json: bool) -> None:
    """Disable a user, and end their sessions and sign-in links."""
    from webapp.services.users import users as actions

    _change(data_dir, email, as_json, actions.disable, "disabled")


@users.command()
@click.option("--email", required=True, help="The user's e-mail address.")
@data_dir_option
@json_option
def enable(email: str, data_dir: Path | None, as_json: bool) -> None:
    """Enable a disabled user."""
    from webapp.services.users import users as actions

    _change(data_dir, email, as_json, actions.enable, "enabled")


@users.command()
@click.option("--email", required=True, help="The user's e-mail address.")
@click.option("--role", required=True, help=f"The user's role: {', '.join(ROLES)}.")
@data_dir_option
@json_option
def role(email: str, role: str, data_dir: Path | None, as_json: bool) -> None:
    """Change the role of a user, from their next request on."""
    from webapp.services.users import users as actions

    def change(session: Any, user_id: int, **about: Any) -> User:
        return actions.change_role(session, user_id, role, **about)

    _change(data_dir, email, as_json, change, role)


@users.command("sign-out")
@click.option("--email", required=True, help="The user's e-mail address.")
@data_dir_option
@json_option
def sign_out(email: str, data_dir: Path | None, as_json: bool) -> None:
    """End all sessions of a user. They may sign in again."""
    from webapp.core.extensions import db
    from webapp.services.users import users as actions

    with open_app(data_dir):
        user = _find(db.session(), email)
        count = actions.sign_out_everywhere(db.session(), user.id, now=datetime.now(UTC), actor="cli")
        data = {"email": user.email, "sessions": count}
        show(data, as_json, lambda row: iter([f"{row['email']}: {row['sessions']} sessions ended."]))


def _change(data_dir: Path | None, email: str, as_json: bool, action: Callable[..., User], word: str) -> None:
    from webapp.core.extensions import db

    with open_app(data_dir):
        user = action(db.session(), _find(db.session(), email).id, now=datetime.now(UTC), actor="cli")
        show(_serialize(user), as_json, lambda row: iter([f"{row['email']}: {word}"]))


def _find(session: Any, email: str) -> User:
    from webapp.domain.users.credentials import normalize_email
    from webapp.queries.users import find_by_email

    return require(find_by_email(session, normalize_email(email)), "user_unknown")


def _read_password() -> str:
    """Prompt twice at a terminal, or read one line from a pipe."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidError("password_not_text", field="password") from None


def _serialize(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "role": user.role,
        "active": user.active,
        "has_password": user.password is not None,
        "created_at": format_instant(user.created_at),
    }


def _format_list(users: list[dict[str, Any]]) -> Iterator[str]:
    if not users:
        yield "There are no users yet."
    for user in users:
        yield f"{user['email']}  {user['role']}{'' if user['active'] else '  disabled'}"
