"""What an administrator's command may use beside the tools of a login: everybody's credentials, the audit line."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from idp.core.codes import Code
from idp.core.notice import NoticeKind
from idp.core.subject import Subject
from idp.plugin.method import Method
from idp.plugin.tools import Credential, CredentialKind, Tools


class AdminResult(StrEnum):
    """What became of an administrator's act."""

    STARTED = "started"
    READ = "read"
    DISCLOSED = "disclosed"
    REGISTERED = "registered"
    REPLACED = "replaced"
    REMOVED = "removed"
    CHANGED = "changed"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AdminAct:
    """One act: what (`verb`, e.g. "totp reset"), to whom, with what result (security.md X-10)."""

    verb: str
    result: AdminResult
    subject: Subject | None = None
    username: str = ""
    code: Code | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """One person's credential as it stands in the directory, not opened.

    `stored` has every field that is present, sealed or not; `key_ids` are the keys its seals ask for, "" for a value
    that was never sealed here. `name` tells entries of their own apart.
    """

    subject: Subject
    stored: Mapping[str, bytes]
    key_ids: frozenset[str]
    name: str = ""


class Keeper(Protocol):
    """Everybody's credentials of a kind. Raises DependencyError when the directory does not give or take them."""

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The keys that are configured; the first closes new seals."""

    def everybody(self) -> Sequence[Subject]:
        """Give everybody who has a user name."""

    def members(self, group: str) -> Sequence[Subject]:
        """Give everybody who is in a group by the directory's word."""

    def all(self, kind: CredentialKind) -> Sequence[Holding]:
        """Give everybody's credentials of a kind, read from the writer."""

    def one(self, subject: Subject, kind: CredentialKind) -> Holding | None:
        """Give one person's, read from the writer; of several the first."""

    def each(self, subject: Subject, kind: CredentialKind) -> Sequence[Holding]:
        """Give all that one person has of a kind, read from the writer."""

    def again(self, holding: Holding, kind: CredentialKind) -> Holding | None:
        """Read one once more; None where nothing stands there now."""

    def open(self, holding: Holding, kind: CredentialKind) -> Credential:
        """Open a credential. Raises SealError."""

    def reseal(self, holding: Holding, kind: CredentialKind) -> bool:
        """Seal with the first key in one compare-and-swap; False when it changed meanwhile. Raises SealError."""

    def pack(self, holding: Holding, kind: CredentialKind) -> bytes:
        """Close a credential for a way outside the directory, bound to the user name. Raises SealError."""

    def unpack(self, packed: bytes, username: str, kind: CredentialKind) -> Credential:
        """Open what `pack` closed for this user name. Raises SealError."""


class Administration(Protocol):
    """`context.obj` of a plug-in's commands."""

    def guard_secrets(self) -> Callable[[], None]:
        """Leave no core dump of this process, and no file of it to others (security.md X-07); gives what ends that."""

    def tools(self, method: str) -> Tools:
        """Give a method its tools, as they would be in a step of a login right now."""

    def method(self, name: str) -> Method:
        """Give a method with the site's settings. Raises ConfigError where it is not enabled."""

    def keeper(self) -> Keeper:
        """Give everybody's credentials."""

    def members(self, group: str) -> Sequence[Subject]:
        """Give everybody in a group, named by its DN, by user name. Raises DependencyError."""

    def forgive(self, method: str, subject: Subject) -> None:
        """Give a person all tries of a method back, and a first registration. Raises DependencyError."""

    def record(self, act: AdminAct) -> None:
        """Write an act down, with the name of who did it. Raises DependencyError when it cannot be and must be."""

    def telling(self, kind: NoticeKind, subject: Subject, method: str = "") -> AbstractContextManager[None]:
        """Make a change, the body of `with`, of which the person is told by mail when it is made (security.md T-33).

        `method` is whose registration it is about; its words `<method>.notice.<kind>` say it, ours where it has none.

        Raises DependencyError before the change when the letter cannot be kept.
        """
