"""`warifu passkey …`: what an administrator does with registered passkeys."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from idp.plugin import AdminAct, Administration, AdminResult, NoticeKind, SealError, Subject
from idp.plugin.commands import choose, find_person, refuse, reported, shown
from plugins.passkey.credential import PASSKEY, Passkey, read_passkeys

NAME = "passkey"
_CSV = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line: `id` names one registration of the person's; `count` is empty for a passkey that does not open."""

    username: str
    id: str = ""
    label: str = ""
    binding: str = ""
    since: str = ""
    used: str = ""
    count: int | None = None
    backed_up: bool | None = None
    problem: str = ""


def commands() -> click.Group:
    """Give the command group of this plug-in; `context.obj` is an Administration."""
    return passkey


@click.group()
@click.pass_context
def passkey(context: click.Context) -> None:
    """Registered passkeys."""
    administration: Administration = context.obj
    context.call_on_close(administration.guard_secrets())


@passkey.command("list")
@click.argument("usernames", nargs=-1, metavar="[USERNAME]...")
@click.option("--group", help="Everybody in this group, by its DN.")
@click.option("--csv", "file", type=_CSV, help="Everybody in the column `username` of FILE.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
@click.pass_obj
def list_(
    administration: Administration, usernames: tuple[str, ...], group: str | None, file: Path | None, *, as_json: bool
) -> None:
    """List the passkeys of people.

    The columns are user name, id, label, binding, since, used (UTC), count, backed up, problem; tabs between them.
    """
    with reported("passkey list", administration):
        chosen = choose(administration, NAME, usernames, group, file)
        administration.record(AdminAct("passkey list", AdminResult.READ))
        for each in (listed for subject in chosen.people for listed in _of(administration, subject)):
            if as_json:
                click.echo(json.dumps(asdict(each), ensure_ascii=False))
            else:
                click.echo("\t".join("" if value is None else shown(str(value)) for value in asdict(each).values()))
        if chosen.unknown:
            raise click.ClickException("\n".join(chosen.unknown))


@passkey.command()
@click.argument("username")
@click.argument("id_", metavar="ID")
@click.pass_obj
def remove(administration: Administration, username: str, id_: str) -> None:
    """Take one passkey of a person away, or with `all` in place of its id every one."""
    with reported("passkey remove", administration, username):
        subject = find_person(administration, NAME, username)
        administration.record(AdminAct("passkey remove", AdminResult.STARTED, subject))
        with administration.telling(NoticeKind.RESET, subject, NAME):
            if not remove_passkeys(administration, subject, "" if id_ == "all" else id_):
                refuse(administration, "passkey remove", subject, "no such passkey is registered")
        administration.forgive(NAME, subject)
        administration.record(AdminAct("passkey remove", AdminResult.REMOVED, subject))
        click.echo(f"{shown(subject.username)}: removed")


def remove_passkeys(administration: Administration, subject: Subject, id_: str = "") -> bool:
    """Take one passkey away, or all where no id is given; False where there is none. Raises DependencyError, SealError.

    All can be taken away even where they do not open.
    """
    credentials = administration.tools(NAME).credentials
    if not id_:
        return credentials.remove(subject, PASSKEY)
    found = [each for each in credentials.list(subject, PASSKEY) if each.id == id_]
    return bool(found) and credentials.delete(subject, found[0], PASSKEY)


def _of(administration: Administration, subject: Subject) -> Iterator[Listed]:
    try:
        for each in read_passkeys(subject, administration.tools(NAME)):
            yield _listed(subject.username, each)
    except SealError as error:
        yield Listed(
            subject.username, problem=f"one does not open ({error.code}); `remove {subject.username} all` does"
        )


def _listed(username: str, each: Passkey) -> Listed:
    return Listed(
        username,
        each.credential.id,
        each.label,
        each.binding.value,
        f"{each.bound_at:%Y-%m-%dT%H:%M:%SZ}" if each.bound_at else "",
        f"{each.used_at:%Y-%m-%dT%H:%M:%SZ}" if each.used_at else "",
        each.state.sign_count,
        each.state.is_backed_up,
    )
