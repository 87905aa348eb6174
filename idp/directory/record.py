"""One person's entry as it was read: attributes, and whether the account is still in use."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from idp.core.subject import Subject
from idp.directory.result import Entry
from idp.plugin.tools import Attributes

_POLICY = ("pwdAccountLockedTime", "pwdReset", "pwdStartTime", "pwdEndTime", "nsAccountLock")
_ACTIVE_DIRECTORY = ("userAccountControl", "lockoutTime", "accountExpires", "pwdLastSet")
STATE_ATTRIBUTES = {"entryUUID": _POLICY, "nsUniqueId": _POLICY, "objectGUID": _ACTIVE_DIRECTORY}
"""Where a server keeps the state of an account, by the id attribute that tells its make: OpenLDAP and 389 Directory
Server after draft-behera-ldap-password-policy, Active Directory in its own way."""

_FOREVER = b"000001010000Z"
_DISABLED_BIT = 2
_NEVER = 0x7FFFFFFFFFFFFFFF
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class AccountState(StrEnum):
    """Whether an account is in use; anything but ACTIVE ends its sessions."""

    ACTIVE = "active"
    LOCKED = "locked"
    DISABLED = "disabled"
    MUST_CHANGE = "must-change"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person as the directory had them at `read_at`."""

    subject: Subject
    attributes: Attributes
    read_at: datetime
    state: AccountState


def read_id(attribute: str, value: bytes) -> str:
    """Give an immutable id as text; Active Directory keeps its own as 16 bytes. Raises ValueError."""
    if attribute == "objectGUID":
        return str(UUID(bytes_le=value))
    return value.decode("ascii").lower()


def write_id(attribute: str, text: str) -> bytes:
    """Give the directory's form of an id."""
    return UUID(text).bytes_le if attribute == "objectGUID" else text.encode("ascii")


def read_texts(entry: Entry, leave_out: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Give the attributes by lower-case name; of one that is not text only that it is there."""
    without = {name.lower() for name in leave_out}
    texts: dict[str, tuple[str, ...]] = {}
    for name, values in entry.values.items():
        if name in without:
            continue
        try:
            texts[name] = tuple(value.decode("utf-8") for value in values)
        except UnicodeDecodeError:
            texts[name] = ()
    return texts


def read_state(entry: Entry, now: datetime, lockout_seconds: int) -> AccountState:
    """Judge an account by its attributes; what cannot be read counts against it."""
    if _is_true(entry, "nsAccountLock"):
        return AccountState.DISABLED
    try:
        if _is_ended(entry, now) or _integer(entry, "userAccountControl") & _DISABLED_BIT:
            return AccountState.DISABLED
        if _is_locked(entry, now, lockout_seconds):
            return AccountState.LOCKED
    except (ValueError, OverflowError):
        return AccountState.DISABLED
    if _is_true(entry, "pwdReset") or entry.first("pwdLastSet") == b"0":
        return AccountState.MUST_CHANGE
    return AccountState.ACTIVE


def _is_locked(entry: Entry, now: datetime, lockout_seconds: int) -> bool:
    if _integer(entry, "lockoutTime"):
        return True
    since = entry.first("pwdAccountLockedTime")
    if since is None:
        return False
    if since == _FOREVER or not lockout_seconds:
        return True
    return now < _moment(since) + timedelta(seconds=lockout_seconds)


def _is_ended(entry: Entry, now: datetime) -> bool:
    starts, ends = entry.first("pwdStartTime"), entry.first("pwdEndTime")
    if (starts is not None and now < _moment(starts)) or (ends is not None and _moment(ends) <= now):
        return True
    expires = _integer(entry, "accountExpires")
    return 0 < expires < _NEVER and _FILETIME_EPOCH + timedelta(microseconds=expires // 10) <= now


def _is_true(entry: Entry, attribute: str) -> bool:
    return (entry.first(attribute) or b"").lower() == b"true"


def _integer(entry: Entry, attribute: str) -> int:
    return int(entry.first(attribute) or b"0")


def _moment(value: bytes) -> datetime:
    """Read generalizedTime in UTC, its fraction left out (RFC 4517 3.3.13)."""
    text = value.decode("ascii").rstrip("Z").partition(".")[0].partition(",")[0]
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
