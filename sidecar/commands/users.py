"""users: who may use the desk. A password comes from a prompt or from standard input, never from an argument."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sidecar.commands import session
from sidecar.ledger import users as user_rows
from sidecar.sync import passwords, people
from sidecar.sync.roles import ROLES

_role = click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="Repeatable.")
_generate = click.option("--generate", is_flag=True, help="Make a password and print it once.")
_keep = click.option("--keep", is_flag=True, help="The person chose it: it need not be changed at the first sign-in.")


@click.group(short_help="The people of the desk and their roles.")
def users() -> None:
    """The people of the desk and their roles: cx, finance, operations, it, admin.

    \b
    python -m sidecar users add ann --role finance         asks for a password
    python -m sidecar users add bob --role cx --generate   makes and prints one
    """


@users.command("add", short_help="Add a user.")
@click.argument("name")
@_role
@click.option("--full-name", default="", help="As colleagues know the person.")
@_generate
@_keep
def add_user(name: str, roles: tuple[str, ...], full_name: str, generate: bool, keep: bool) -> None:
    """Add a user. The password is asked for, or read from standard input when that is no terminal.

    It must be changed at the first sign-in unless --keep says that the person chose it.
    """
    password = _password(generate)
    _do(people.add, name, roles, password, full_name=full_name, must_change=not keep)
    click.echo(password if generate else f"{name} is added.")


@users.command("list")
def list_users() -> None:
    """Show everybody: roles, how they sign in, when they last did."""
    settings = session.load()
    table = Table("name", "full name", "roles", "signs in by", "last signed in", "disabled")
    with session.ledger(settings) as ledger, ledger.read() as conn:
        for user in user_rows.all_users(conn):
            table.add_row(
                user.name,
                Text(user.full_name),
                user.roles,
                "single sign-on" if user.subject else "password",
                f"{user.signed_in_at:%Y-%m-%d %H:%M}" if user.signed_in_at else "-",
                f"{user.disabled_at:%Y-%m-%d %H:%M}" if user.disabled_at else "",
            )
    Console().print(table)


@users.command("set-password", short_help="Give a user a new password.")
@click.argument("name")
@_generate
@_keep
def set_password(name: str, generate: bool, keep: bool) -> None:
    """Give a user a new password; everywhere the user is signed in ends."""
    password = _password(generate)
    _do(people.set_password, name, password, must_change=not keep)
    click.echo(password if generate else f"{name} has a new password and is signed out everywhere.")


@users.command("roles", short_help="Change what a user may do.")
@click.argument("name")
@_role
def set_roles(name: str, roles: tuple[str, ...]) -> None:
    """Give a user these roles instead of the present ones; counts from the next click on."""
    _do(people.set_roles, name, roles)
    click.echo(f"{name} has: {', '.join(sorted(set(roles)))}.")


@users.command("disable")
@click.argument("name")
def disable_user(name: str) -> None:
    """Sign a user out everywhere and keep the user out. Nobody is deleted: the audit trail names them."""
    _do(people.disable, name)
    click.echo(f"{name} is disabled and signed out everywhere.")


@users.command("enable")
@click.argument("name")
def enable_user(name: str) -> None:
    """Let a disabled user in again."""
    _do(people.enable, name)
    click.echo(f"{name} may sign in again.")


def _password(generate: bool) -> str:
    if generate:
        return passwords.generated()
    if sys.stdin.isatty():
        found: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return found
    return sys.stdin.readline().rstrip("\r\n")


def _do(use_case: Callable[..., Any], *words: Any, **options: Any) -> None:
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            use_case(ledger, *words, actor=session.person(), now=datetime.now(UTC), **options)
        except people.PeopleError as error:
            click.echo(str(error), err=True)
            sys.exit(1)


COMMANDS = (users,)
