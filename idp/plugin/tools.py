"""What a method may use; every part of it is given, nothing is reached for."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from idp.core.notice import NoticeKind
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.plugin.visit import Visit

Attributes = Mapping[str, tuple[str, ...]]
"""Directory attributes by lower-case name, values in the directory's order.

Of an attribute whose values are not text only the name is there, without values."""


class BindState(StrEnum):
    """What the directory said to a password; everything but ACCEPTED is no login.

    LOCKED may be said before the password was looked at, so no page may show it as such (security.md W-08);
    EXPIRED and MUST_CHANGE are said only of a right password.
    """

    ACCEPTED = "accepted"
    WRONG = "wrong"
    LOCKED = "locked"
    DISABLED = "disabled"
    EXPIRED = "expired"
    MUST_CHANGE = "must-change"


@dataclass(frozen=True, slots=True)
class BindAnswer:
    """The directory's word on a password, with its warnings."""

    state: BindState
    grace_logins_left: int | None = None
    expires_in_seconds: int | None = None


class People(Protocol):
    """The people of the directory."""

    def find(self, username: str) -> Subject | None:
        """Give the one entry that `username` names; None for none or several. Raises DependencyError."""

    def find_by(self, attribute: str, value: bytes) -> Subject | None:
        """Give the one entry whose `attribute` the directory finds equal to `value`; None for none or several.

        Raises DependencyError.
        """

    def find_by_credential(self, kind: "CredentialKind", field: str, value: bytes) -> Subject | None:
        """Give the one person under whom an entry of a kind has this value in a field; None for none or several.

        Proves nothing: what stands there is opened by `Credentials.list`. Raises DependencyError.
        """

    def holds(self, subject: Subject, attribute: str, value: bytes) -> bool:
        """Say whether the entry has this very value, octet for octet. Raises DependencyError."""

    def attributes(self, subject: Subject) -> Attributes:
        """Give the entry's attributes, at most 60 s old. Raises DependencyError."""

    def bind(self, subject: Subject | None, password: Secret) -> BindAnswer:
        """Prove a password on a connection of its own; nobody's password is WRONG and takes as long to say (W-08).

        Raises DependencyError.
        """


@dataclass(frozen=True, slots=True)
class CredentialKind:
    """Where a method keeps its credentials: one on the person's entry, or each as an entry of its own under it.

    `object_class` is an auxiliary class; `fields` maps the method's names to LDAP attributes and must hold "id";
    `sealed` are the fields sealed with the site's key and bound to the entry. With `entries` the class is structural
    (`entry_kind` gives ours), any number may stand, and each has a sealed field: what trust hangs on is in its seal.
    """

    name: str
    object_class: str
    fields: Mapping[str, str]
    sealed: frozenset[str] = frozenset()
    entries: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for entries that nothing vouches for."""
        if self.entries and not (self.sealed and self.sealed <= set(self.fields)):
            raise ValueError("credentials that are entries have a sealed field")


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential as it stands in the directory.

    `values` has every field that is present but the sealed ones, which are in `secrets`, opened. `facts` are what
    the seal itself vouches for, e.g. {"binding": "campus-first"}; empty for a value that was never sealed by us.
    `unsealed` are those of `secrets` that stood without a seal: whoever may write the entry may have put them there.
    `name` tells entries of their own apart, and is empty for what stands on the person's entry.
    """

    kind: str
    id: str
    values: Mapping[str, bytes]
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    unsealed: frozenset[str] = frozenset()
    name: str = ""


class Credentials(Protocol):
    """Credentials of people; every change is compare-and-swap at the one writer (design 4, 8).

    `add` is for a kind on the person's entry; `insert` and `delete` for kinds that are entries of their own.
    """

    def list(self, subject: Subject, kind: CredentialKind) -> tuple[Credential, ...]:
        """Give the person's credentials of a kind, read from the writer.

        Raises SealError if a sealed field does not open, DependencyError if the writer cannot be read.
        """

    def swap(self, subject: Subject, credential: Credential, kind: CredentialKind, new: Mapping[str, bytes]) -> bool:
        """Change fields in one modify that also compares the credential's id and every changed field's old value.

        False when somebody else was first. Raises DependencyError when the writer cannot record it.
        """

    def add(
        self,
        subject: Subject,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
    ) -> None:
        """Put a credential in place of whatever stood there, in one modify. Raises DependencyError."""

    def supersede(
        self,
        subject: Subject,
        former: Credential | None,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
    ) -> bool:
        """Put a credential in place of `former`, or where none stands, in one modify that compares the id.

        False when somebody else was first. Raises DependencyError.
        """

    def insert(
        self,
        subject: Subject,
        kind: CredentialKind,
        values: Mapping[str, bytes],
        secrets: Mapping[str, Secret],
        facts: Mapping[str, str],
        *,
        at_most: int,
    ) -> Credential | None:
        """Put a further credential beside those of its kind; None where `at_most` stand.

        Two at once never exceed that number. Raises DependencyError.
        """

    def restate(self, subject: Subject, credential: Credential, kind: CredentialKind, facts: Mapping[str, str]) -> bool:
        """Have the seal vouch for these facts in place of its former ones; the id and all else stay as they are.

        False when somebody else was first. Raises DependencyError, SealError.
        """

    def delete(self, subject: Subject, credential: Credential, kind: CredentialKind) -> bool:
        """Take one of several away; False when it is not there as it was. Raises DependencyError."""

    def remove(self, subject: Subject, kind: CredentialKind) -> bool:
        """Take all that the person has of a kind away; False if there was none. Raises DependencyError."""

    def recorded_since(self) -> datetime | None:
        """Say from when on the directory has all that was recorded; None if it always had. Raises DependencyError.

        What is used once must be younger than that by as much as could be used ahead of its time.
        """

    def lacks(self, kind: CredentialKind) -> tuple[str, ...]:
        """Give what the writer's schema does not have of a kind: class, attributes. Raises DependencyError."""


class Moments(Protocol):
    """Short-lived state shared by all workers, in the plug-in's own name space. Raises DependencyError: fail closed."""

    def put(self, key: str, value: bytes, expires: datetime, person: str | None = None) -> bool:
        """Store if absent; False when a live value stands."""

    def get(self, key: str) -> bytes | None:
        """Give the live value."""

    def take(self, key: str) -> bytes | None:
        """Give the live value and remove it; one caller wins."""

    def swap(self, key: str, old: bytes, new: bytes, expires: datetime) -> bool:
        """Replace if the live value is `old`, byte for byte."""

    def add(self, name: str, amount: int, lifetime: timedelta) -> "Count":
        """Add to a counter whose life began with its first addition."""

    def of(self, person: str) -> Sequence[tuple[str, bytes]]:
        """Give the live keys and values stored for a person."""


class Letters(Protocol):
    """Mail of a method to the one address that the site's directory has for recovery, and to no other."""

    @property
    def attribute(self) -> str:
        """The attribute that has the addresses; empty where the site has none, or no mail."""

    def address(self, subject: Subject) -> str:
        """Give the address, at most 60 s old; empty where there is none, or what stands there is not exactly one.

        Raises DependencyError.
        """

    def send(
        self, subject: Subject, kind: str, values: Mapping[str, str], language: str, *, really: bool = True
    ) -> bool:
        """Keep a letter to be sent at once: the words `<plugin>.letter.<kind>.subject` and `.text`, with the values.

        False where there is no address, or none is `really` to be sent, which takes as long. Raises DependencyError
        when it cannot be kept.
        """


class Notices(Protocol):
    """Letters to all addresses of the person about what a method changed of theirs (people.md R10)."""

    def telling(self, kind: NoticeKind, visit: Visit) -> AbstractContextManager[None]:
        """Make a change, the body of `with`, of which the person of the visit is told when it is made.

        The words are `<plugin>.notice.<kind>.title` and `.text`, or ours with the method's name. Raises DependencyError
        before the body when the letter cannot be kept; a body that raises takes it back.
        """


@dataclass(frozen=True, slots=True)
class Count:
    """A counter's value after an addition, and when it starts anew."""

    value: int
    expires: datetime


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a method may know of the site.

    `time_zone` is the one that times are shown in; `certificate_url` is empty where nobody is asked for a certificate.
    """

    entity_id: str
    base_url: str
    names: Mapping[str, str]
    otp_issuer: str
    time_zone: str = "Asia/Tokyo"
    certificate_url: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything a method may use during one step; `alarm` tells the operator of something that should not be.

    `digest` is a keyed hash for what is guessed easily: nobody without the site's key can try values against it.
    """

    now: datetime
    people: People
    credentials: Credentials
    moments: Moments
    letters: Letters
    notices: Notices
    site: SiteFacts
    alarm: Callable[[str], None]
    digest: Callable[[bytes], bytes]
