"""`warifu recovery …`: codes for people without a phone, into a file to be printed; and codes taken away."""

import json
import secrets
from pathlib import Path
from typing import IO

import click

from idp.plugin import AdminAct, Administration, AdminResult, Binding, Confirmed, NoticeKind, Secret, Subject
from idp.plugin.commands import choose, find_person, progress, refuse, reported, shown
from idp.plugin.private_files import new_private
from plugins.recovery.codes import SEED_BYTES
from plugins.recovery.credential import RECOVERY
from plugins.recovery.enrol import CodesEnrolment

METHOD = "recovery"
LANGUAGES = ("ja", "en")
_CSV = click.Path(exists=True, dir_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


def commands() -> click.Group:
    """Give the command group of this plug-in; `context.obj` is an Administration."""
    return recovery


@click.group()
@click.pass_context
def recovery(context: click.Context) -> None:
    """Recovery codes: made for people who have no phone, and taken away.

    Codes are written into the file that --file names, for its owner alone, and nowhere else.
    """
    administration: Administration = context.obj
    context.call_on_close(administration.guard_secrets())


@recovery.command()
@click.argument("usernames", nargs=-1, metavar="[USERNAME]...")
@click.option("--group", help="Everybody in this group, by its DN.")
@click.option("--csv", "names", type=_CSV, help="Everybody in the column `username` of FILE.")
@click.option("--file", "file", type=_FILE, required=True, help="The new file with the codes; .json is for programs.")
@click.option("--replace", is_flag=True, help="Also for who has codes, which are worth nothing from then on.")
@click.pass_obj
def issue(
    administration: Administration,
    /,
    usernames: tuple[str, ...],
    group: str | None,
    names: Path | None,
    file: Path,
    *,
    replace: bool,
) -> None:
    """Make codes, to be printed and handed over. Whoever has codes keeps them unless --replace is said."""
    with reported("recovery issue", administration):
        enrolment = _enrolment(administration)
        chosen = choose(administration, METHOD, usernames, group, names)
        administration.record(AdminAct("recovery issue", AdminResult.STARTED, reason=f"{len(chosen.people)} people"))
        with new_private(file) as stream, progress(chosen.people, "issue") as bar:
            as_json = file.suffix.lower() == ".json"
            count = sum(
                _issue_one(administration, enrolment, each, stream, as_json=as_json, replace=replace) for each in bar
            )
        kept = len(chosen.people) - count
        click.echo(f"{count} issued{f', {kept} have codes already' if kept else ''}")
        for line in chosen.unknown:
            click.echo(line, err=True)
    if chosen.unknown:
        raise SystemExit(1)


@recovery.command()
@click.argument("username")
@click.pass_obj
def revoke(administration: Administration, username: str) -> None:
    """Take a person's codes away."""
    with reported("recovery revoke", administration, username):
        subject = find_person(administration, METHOD, username)
        administration.record(AdminAct("recovery revoke", AdminResult.STARTED, subject))
        with administration.telling(NoticeKind.RESET, subject, METHOD):
            if not administration.tools(METHOD).credentials.remove(subject, RECOVERY):
                refuse(administration, "recovery revoke", subject, "there are no codes")
        administration.record(AdminAct("recovery revoke", AdminResult.REMOVED, subject))
        click.echo(f"{shown(subject.username)}: removed")


def _enrolment(administration: Administration) -> CodesEnrolment:
    method = administration.method(METHOD)
    if not isinstance(method, CodesEnrolment):
        raise TypeError("the method of recovery codes is another")
    return method


def _issue_one(
    administration: Administration,
    enrolment: CodesEnrolment,
    subject: Subject,
    stream: IO[str],
    *,
    as_json: bool,
    replace: bool,
) -> bool:
    """Make one person's codes and write them; False where they have some and keep them."""
    tools = administration.tools(METHOD)
    former = next(iter(enrolment.registered(subject, tools)), None)
    if former is not None and not replace:
        return False
    seed = Secret(secrets.token_bytes(SEED_BYTES))
    with administration.telling(NoticeKind.REPLACED if former else NoticeKind.REGISTERED, subject, METHOD):
        if not enrolment.enrol(subject, Confirmed(seed.reveal()), former, Binding.HELP_DESK, tools):
            refuse(administration, "recovery issue", subject, "somebody else was first")
        if as_json:
            stream.write(json.dumps({"username": subject.username, "codes": enrolment.codes(seed)}) + "\n")
        else:
            stream.write("\n".join(enrolment.text(seed, subject, each, tools) for each in LANGUAGES) + "\f")
    done = AdminResult.REPLACED if former else AdminResult.REGISTERED
    administration.record(AdminAct("recovery issue", done, subject))
    return True
