"""What commands of plug-ins have in common: people found, refusals and faults told, progress shown."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from idp.core.errors import ConfigError, DependencyError, SealError
from idp.core.subject import Subject
from idp.plugin.admin import AdminAct, Administration, AdminResult

T = TypeVar("T")
USERNAME = "username"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The people that a command is about, each once; `unknown` says of the others where they stood and who they are."""

    people: tuple[Subject, ...]
    unknown: tuple[str, ...] = ()


def shown(text: str) -> str:
    """Escape what moves a cursor, hides or ends a line in a name from a directory or a file."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


@contextmanager
def reported(verb: str, administration: Administration, username: str = "") -> Iterator[None]:
    """End a block that cannot go on with a line for the administrator and one in the audit log."""
    try:
        yield
    except ConfigError as error:
        raise click.ClickException(error.detail) from None
    except (DependencyError, SealError) as error:
        try:
            administration.record(AdminAct(verb, AdminResult.FAILED, username=username, code=error.code))
        except DependencyError:
            raise click.ClickException("the audit log cannot be written; nothing is done without it") from None
        raise click.ClickException(f"{error.code}: {shown(error.detail)}") from None
    except BrokenPipeError:
        raise  # who read the list has seen enough
    except FileExistsError:
        raise click.ClickException("the file is there already; name a new one") from None
    except OSError as error:
        raise click.ClickException(f"the file cannot be used ({error.strerror})") from None


def find_person(administration: Administration, method: str, username: str) -> Subject:
    """Give the one entry of a user name; ends the command where there is none."""
    subject = administration.tools(method).people.find(username)
    if subject is None:
        raise click.ClickException(
            f"{shown(username)}: no entry, or more than one, has this user name; see directory.user_filter"
        )
    return subject


def choose(
    administration: Administration, method: str, usernames: Sequence[str], group: str | None, file: Path | None
) -> Chosen:
    """Give the people that a command names: by user names, by a group's DN, or by a CSV.

    Ends the command where it names them in more than one way, or in none.
    """
    if [bool(usernames), group is not None, file is not None].count(True) != 1:
        raise click.UsageError("Say who: USERNAME ..., --group DN, or --csv FILE.")
    if group is not None:
        members = tuple(administration.members(group))
        if not members:
            raise click.ClickException(
                f"{shown(group)}: nobody's entry names this group; see directory.group_attribute"
            )
        return Chosen(members)
    named = _read_names(file) if file is not None else [("", name) for name in usernames]
    people: dict[str, Subject] = {}
    unknown = []
    find = administration.tools(method).people.find
    for where, username in named:
        subject = find(username)
        if subject is None:
            unknown.append(f"{where}{shown(username)}: no entry, or more than one, has this user name")
        else:
            people.setdefault(subject.id, subject)
    return Chosen(tuple(people.values()), tuple(unknown))


def refuse(administration: Administration, verb: str, subject: Subject, reason: str) -> NoReturn:
    """Write a refusal down and end the command with it."""
    administration.record(AdminAct(verb, AdminResult.REFUSED, subject, reason=reason))
    raise click.ClickException(f"{shown(subject.username)}: {reason}")


@contextmanager
def progress(items: Sequence[T], label: str) -> Iterator[Iterable[T]]:
    """Show how far it is, on a terminal only."""
    bar = click.progressbar(items, label=label, show_pos=True, file=sys.stderr, hidden=not sys.stderr.isatty())
    with bar as running:
        yield running


def _read_names(file: Path) -> list[tuple[str, str]]:
    """Give the user names of a CSV with their places: the column `username`, or the first where none is called so."""
    place, named = 0, []
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            for row in reader:
                fields = [field.strip() for field in row]
                if reader.line_num == 1 and USERNAME in [field.lower() for field in fields]:
                    place = [field.lower() for field in fields].index(USERNAME)
                elif any(fields):
                    named.append((f"{file}:{reader.line_num}: ", fields[place] if place < len(fields) else ""))
    except UnicodeDecodeError:
        raise click.ClickException(f"{file}: it is not UTF-8; save it as CSV UTF-8") from None
    except csv.Error as error:
        raise click.ClickException(f"{file}: {error}") from None
    return named
