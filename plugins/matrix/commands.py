"""`warifu matrix …`: what an administrator does with cards; this file has what is done with cards that there are."""

import click

from idp.plugin import AdminAct, Administration, AdminResult, NoticeKind
from idp.plugin.commands import find_person, refuse, reported, shown
from plugins.matrix.bulk import METHOD, issue, issuing_of, print_
from plugins.matrix.credential import MATRIX, held_card

RACES = 5


def commands() -> click.Group:
    """Give the command group of this plug-in; `context.obj` is an Administration."""
    return matrix


@click.group()
@click.pass_context
def matrix(context: click.Context) -> None:
    """Matrix cards: made, printed, replaced and taken back.

    What stands on a card is written into the file that --sheet names, for its owner alone, and nowhere else.
    """
    administration: Administration = context.obj
    context.call_on_close(administration.guard_secrets())


for _command in (issue, print_):
    matrix.add_command(_command)


@matrix.command()
@click.argument("username")
@click.pass_obj
def revoke(administration: Administration, username: str) -> None:
    """Take a person's card back; it is worth nothing from now on."""
    with reported("matrix revoke", administration, username):
        subject, tools = find_person(administration, METHOD, username), administration.tools(METHOD)
        issuing = issuing_of(administration)
        administration.record(AdminAct("matrix revoke", AdminResult.STARTED, subject))
        number = issuing.standing(subject, tools)
        with administration.telling(NoticeKind.RESET, subject, METHOD):
            if not issuing.revoke(subject, tools):
                refuse(administration, "matrix revoke", subject, "there is no card")
        administration.record(AdminAct("matrix revoke", AdminResult.REMOVED, subject, reason=f"no. {number}"))
        click.echo(f"{shown(subject.username)}: no. {number} revoked")


@matrix.command()
@click.argument("username")
@click.pass_obj
def unlock(administration: Administration, username: str) -> None:
    """Forget a person's wrong answers, so that a card that was stopped is asked again."""
    with reported("matrix unlock", administration, username):
        subject, tools = find_person(administration, METHOD, username), administration.tools(METHOD)
        for _ in range(RACES):
            held = held_card(subject, tools)
            if held is None:
                refuse(administration, "matrix unlock", subject, "there is no card")
            if tools.credentials.swap(subject, held.credential, MATRIX, {"failures": b"0"}):
                break
        else:
            refuse(administration, "matrix unlock", subject, "it changes all the time; try again")
        administration.forgive(METHOD, subject)
        administration.record(AdminAct("matrix unlock", AdminResult.CHANGED, subject))
        click.echo(f"{shown(subject.username)}: wrong answers are forgotten")
