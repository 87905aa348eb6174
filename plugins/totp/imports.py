"""Takes rows of a file into the directory, one person at a time; what was taken already is left as it is.

So an import that was interrupted is finished by running it again: nobody's last step is ever set back by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from idp.plugin import (
    Binding,
    Code,
    Credential,
    DependencyError,
    Holding,
    Keeper,
    SealError,
    Secret,
    Subject,
    Tools,
)
from plugins.totp.credential import TOTP
from plugins.totp.foreign import Opener
from plugins.totp.rows import Row

SHORT_KEY_BYTES = 16
"""128 bits, the least that RFC 4226 4 R6 allows; shorter keys are verified, and marked."""
_ENTRY = "entry of the file"


class Taken(StrEnum):
    """What became of a row."""

    REGISTERED = "registered"
    REPLACED = "replaced"
    UNCHANGED = "as it was"
    KEPT = "has an app"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row; `reason` says why it was refused, `is_short` marks a key under 128 bits."""

    taken: Taken
    subject: Subject | None = None
    reason: str = ""
    code: Code | None = None
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class _Wanted:
    secret: Secret
    last_step: int
    facts: Mapping[str, str]
    values: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Importer:
    """Takes rows whose values `opener` opens, or with `keeper` registrations of ours for new entries.

    With `dry_run` nothing is written; with `keep` whoever has an app keeps it.
    """

    tools: Tools
    opener: Opener | None = None
    keeper: Keeper | None = None
    dry_run: bool = False
    keep: bool = False
    seen: set[str] = field(default_factory=set)

    def take(self, row: Row) -> Result:
        """Take one row. Raises DependencyError when the directory is away: nothing after it could be taken."""
        if row.problem:
            return Result(Taken.REFUSED, reason=row.problem)
        try:
            wanted = self._read(row)
        except ValueError as error:
            return Result(Taken.REFUSED, reason=str(error))
        except SealError as error:
            return Result(Taken.REFUSED, reason=f"the seal does not open ({error.code})", code=error.code)
        subject = None
        try:
            subject = self.tools.people.find(row.username)
            return self._register(subject, wanted)
        except SealError as error:
            return Result(Taken.REFUSED, subject, f"what is registered now does not open ({error.code})", error.code)
        except DependencyError as error:
            if error.code is not Code.DIRECTORY_READ_ONLY:
                raise
            return Result(Taken.REFUSED, subject, f"the directory did not take it ({error.code})", error.code)

    def _register(self, subject: Subject | None, wanted: _Wanted) -> Result:
        if subject is None:
            return Result(Taken.REFUSED, reason="no entry, or more than one, has this user name")
        if subject.id in self.seen:
            return Result(Taken.REFUSED, subject, "the person is in the file twice")
        self.seen.add(subject.id)
        is_short = len(wanted.secret.reveal()) < SHORT_KEY_BYTES
        old = self._registered(subject)
        if old is not None and old.secrets.get("secret") == wanted.secret:
            return Result(Taken.UNCHANGED, subject, is_short=is_short)
        if old is not None and self.keep:
            return Result(Taken.KEPT, subject)
        if not self.dry_run:
            self._add(subject, wanted, is_short=is_short)
        return Result(Taken.REGISTERED if old is None else Taken.REPLACED, subject, is_short=is_short)

    def _registered(self, subject: Subject) -> Credential | None:
        """Give what is registered; what does not open is of use to nobody, and is put aside unless it is to be kept."""
        try:
            found = self.tools.credentials.list(subject, TOTP)
        except SealError:
            if self.keep and self.keeper is None:
                raise
            return None
        return found[0] if found else None

    def _add(self, subject: Subject, wanted: _Wanted, *, is_short: bool) -> None:
        values = {
            "bound_at": self.tools.now.strftime("%Y%m%d%H%M%SZ").encode(),
            "failures": b"0",
            **wanted.values,
            "last_step": str(wanted.last_step).encode(),
        }
        facts = {**wanted.facts, "bits": str(8 * len(wanted.secret.reveal()))} if is_short else dict(wanted.facts)
        self.tools.credentials.add(subject, TOTP, values, {"secret": wanted.secret}, facts)

    def _read(self, row: Row) -> _Wanted:
        if self.opener is not None:
            return _Wanted(self.opener(row.value), row.last_step, {"binding": Binding.IMPORTED})
        credential = self._moved(row)
        secret = credential.secrets.get("secret")
        step = credential.values.get("last_step", b"0")
        if secret is None or not step.isdigit():
            raise ValueError("it holds no registration")
        kept = {name: value for name, value in credential.values.items() if name in ("bound_at", "failures")}
        return _Wanted(secret, max(int(step), row.last_step), credential.facts, kept)

    def _moved(self, row: Row) -> Credential:
        """Open a registration of ours: packed by `totp export --rebind`, or as it stood on the entry it was sealed for.

        The file must say that entry's own id: a value that somebody had copied to it opens no more than it did there.
        """
        if self.keeper is None:
            raise ValueError("nothing opens it")
        if not row.entry_id:
            return self.keeper.unpack(row.value, row.username, TOTP)
        stored = {"secret": row.value, **({"id": row.identifier} if row.identifier else {})}
        stored["last_step"] = str(row.last_step).encode()
        before = Subject(row.entry_id, row.username, _ENTRY)
        return self.keeper.open(Holding(before, stored, frozenset()), TOTP)
