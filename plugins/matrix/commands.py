"""`warifu matrix …`: what an administrator does with cards; this file has what is done with cards that there are."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

import click

from idp.plugin import AdminAct, Administration, AdminResult, Holding, NoticeKind, SealError
from idp.plugin.commands import find_person, refuse, reported, shown
from plugins.matrix.bulk import METHOD, issue, issuing_of, print_
from plugins.matrix.credential import MATRIX, held_card, read

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


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of `list`: `used` cells of `cells`; `failures` in a row; `problem` says why a card does not open."""

    username: str
    number: str = ""
    since: str = ""
    used: int | None = None
    cells: int | None = None
    failures: int | None = None
    problem: str = ""


_COLUMNS = [field.name for field in fields(Listed)]


@matrix.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a line of column names.")
@click.pass_obj
def list_(administration: Administration, *, as_json: bool, as_csv: bool) -> None:
    """List who has a card, by user name: number, since (UTC), used cells, cells, failures, problem."""
    if as_json and as_csv:
        raise click.UsageError("Say one of --json and --csv.")
    with reported("matrix list", administration):
        administration.record(AdminAct("matrix list", AdminResult.READ))
        rows = sorted(_rows(administration), key=lambda each: each.username)
        if as_json:
            for each in rows:
                click.echo(json.dumps(asdict(each), ensure_ascii=False))
        elif as_csv:
            table = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
            table.writeheader()
            table.writerows(asdict(each) for each in rows)
        else:
            click.echo("\t".join(_COLUMNS))
            for each in rows:
                values = asdict(each).values()
                click.echo("\t".join("" if value is None else shown(str(value)) for value in values))


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


def _rows(administration: Administration) -> Iterator[Listed]:
    keeper = administration.keeper()
    for holding in keeper.all(MATRIX):
        yield _row(administration, holding)


def _row(administration: Administration, holding: Holding) -> Listed:
    username = holding.subject.username
    try:
        held = read(administration.keeper().open(holding, MATRIX))
    except SealError as error:
        return Listed(username, problem=f"does not open ({error.code})")
    since, cells = f"{held.bound_at:%Y-%m-%dT%H:%M:%SZ}", len(held.card.grid.cells)
    return Listed(username, held.card.number, since, held.position, cells, held.failures)
