"""Everything that people have registered, on its way to new entries of the same people: sealed, a line each."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

from idp.core.codes import Code
from idp.core.errors import DependencyError, SealError
from idp.core.subject import Subject
from idp.plugin import Credential, CredentialKind, Holding, Keeper, Tools

COLUMNS = ("username", "method", "class", "sealed")
MOST = 100
"""More of a kind than any method lets a person have."""

Kinds = Mapping[tuple[str, str], CredentialKind]


class Moved(StrEnum):
    """What became of a line."""

    REGISTERED = "registered"
    UNCHANGED = "as it was"
    KEPT = "something else is registered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One credential of the file, and what is wrong with it."""

    number: int
    username: str
    method: str
    kind: CredentialKind | None
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a line; `reason` says why it was refused."""

    moved: Moved
    subject: Subject | None = None
    reason: str = ""


def kinds_by_name(kinds: Iterable[CredentialKind]) -> Kinds:
    """Give kinds by what a line calls them: the method and the class."""
    return {(kind.name, kind.object_class): kind for kind in kinds}


def openable(keeper: Keeper, kind: CredentialKind, holdings: Sequence[Holding]) -> tuple[list[Holding], list[Holding]]:
    """Part what opens from what does not."""
    good, bad = [], []
    for holding in holdings:
        try:
            keeper.open(holding, kind)
        except SealError:
            bad.append(holding)
        else:
            good.append(holding)
    return good, bad


def write_lines(stream: IO[str], keeper: Keeper, found: Iterable[tuple[CredentialKind, Holding]]) -> None:
    """Write each credential closed for its person's user name. Raises SealError."""
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for kind, holding in found:
        sealed = keeper.pack(holding, kind).decode("ascii")
        writer.writerow((holding.subject.username, kind.name, kind.object_class, sealed))


def read_lines(file: Path, kinds: Kinds) -> Iterator[Line]:
    """Read a file of `write_lines`. Raises ValueError for one that is none, OSError."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        if tuple(next(rows, ())) != COLUMNS:
            raise ValueError("is not a file of `warifu credentials export`")
        for row in rows:
            if len(row) != len(COLUMNS):
                raise ValueError(f"line {rows.line_num} has not {len(COLUMNS)} columns")
            username, method, name, sealed = row
            yield Line(rows.line_num, username, method, kinds.get((method, name)), sealed.encode())


def bind(line: Line, keeper: Keeper, tools: Tools) -> Done:
    """Register one credential for the entry that has its user name now; what is there already is left as it is.

    What stands there and does not open was sealed for an entry that is gone, and gives its place. Raises
    DependencyError when the directory is away: nothing after it could be done.
    """
    kind, subject = line.kind, None
    if kind is None:
        return Done(Moved.REFUSED, reason=f"nothing enabled keeps credentials of {line.method} like this one")
    try:
        credential = keeper.unpack(line.sealed, line.username, kind)
        subject = tools.people.find(line.username)
        if subject is None:
            return Done(Moved.REFUSED, reason="no entry, or more than one, has this user name")
        return _register(credential, subject, kind, keeper, tools)
    except SealError as error:
        return Done(Moved.REFUSED, subject, f"the seal does not open ({error.code})")
    except DependencyError as error:
        if error.code is not Code.DIRECTORY_READ_ONLY:
            raise
        return Done(Moved.REFUSED, subject, f"the directory did not take it ({error.code})")


def _register(credential: Credential, subject: Subject, kind: CredentialKind, keeper: Keeper, tools: Tools) -> Done:
    good, bad = openable(keeper, kind, keeper.each(subject, kind))
    if any(keeper.open(each, kind).secrets == credential.secrets for each in good):
        return Done(Moved.UNCHANGED, subject)
    values = {name: value for name, value in credential.values.items() if name != "id"}
    if not kind.entries:
        if good:
            return Done(Moved.KEPT, subject)
        tools.credentials.add(subject, kind, values, credential.secrets, credential.facts)
        return Done(Moved.REGISTERED, subject)
    for each in bad:
        stale = Credential(kind.name, "", {"id": each.stored["id"]}, name=each.name)
        tools.credentials.delete(subject, stale, kind)
    facts = credential.facts
    made = tools.credentials.insert(subject, kind, values, credential.secrets, facts, at_most=MOST)
    return Done(Moved.REGISTERED if made is not None else Moved.KEPT, subject)
