"""What commands of plug-ins have in common: people found, refusals and faults told, progress shown."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn, TypeVar

import click

from idp.core.errors import ConfigError, DependencyError, SealError
from idp.core.subject import Subject
from idp.plugin.admin import AdminAct, Administration, AdminResult

T = TypeVar("T")


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
