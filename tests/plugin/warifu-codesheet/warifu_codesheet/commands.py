"""`warifu codesheet …`: what an administrator does with people's sheets."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from idp.plugin import AdminAct, Administration, AdminResult, DependencyError, NoticeKind, SealError, Subject
from warifu_codesheet.credential import SHEET, bound_at, sheet_of, used_of


def commands() -> click.Group:
    """Give the command group of this plug-in; `context.obj` is an Administration."""
    return codesheet


@click.group()
@click.pass_context
def codesheet(context: click.Context) -> None:
    """Printed sheets of codes."""
    administration: Administration = context.obj
    context.call_on_close(administration.guard_secrets())


@codesheet.command()
@click.argument("username")
@click.pass_obj
def status(administration: Administration, username: str) -> None:
    """Say what is registered for a person."""
    with _told_of_faults():
        subject = _find(administration, username)
        administration.record(AdminAct("codesheet status", AdminResult.READ, subject))
        sheet = sheet_of(subject, administration.tools("codesheet"))
    click.echo(f"used {used_of(sheet)}, since {bound_at(sheet)}" if sheet is not None else "no sheet is registered")


@codesheet.command()
@click.argument("username")
@click.pass_obj
def remove(administration: Administration, username: str) -> None:
    """Take a person's sheet away; they are told by mail."""
    with _told_of_faults():
        subject = _find(administration, username)
        administration.record(AdminAct("codesheet remove", AdminResult.STARTED, subject))
        administration.forgive("codesheet", subject)
        with administration.telling(NoticeKind.RESET, subject, "codesheet"):
            if not administration.tools("codesheet").credentials.remove(subject, SHEET):
                administration.record(AdminAct("codesheet remove", AdminResult.REFUSED, subject))
                raise click.ClickException("no sheet is registered")
        administration.record(AdminAct("codesheet remove", AdminResult.REMOVED, subject))
    click.echo("removed")


def _find(administration: Administration, username: str) -> Subject:
    subject = administration.tools("codesheet").people.find(username)
    if subject is None:
        raise click.ClickException("no entry, or more than one, has this user name")
    return subject


@contextmanager
def _told_of_faults() -> Iterator[None]:
    try:
        yield
    except (DependencyError, SealError) as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from None
