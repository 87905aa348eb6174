"""Where a set of codes is kept: an entry of its own under the person's; the hashes sealed, what is left beside them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from idp.plugin import Binding, Code, Credential, SealError, Secret, Subject, Tools, entry_kind
from plugins.recovery.codes import Hashes

RECOVERY = entry_kind("recovery")
GENERALIZED_TIME = "%Y%m%d%H%M%SZ"
UNUSED, USED = "1", "0"


@dataclass(frozen=True, slots=True)
class CodeSet:
    """A set as it stands: `left` has a character for each code, wrong ones in a row, how and when it was bound."""

    credential: Credential
    hashes: Hashes
    left: str
    failures: int
    binding: Binding
    bound_at: datetime
    used_at: datetime | None

    @property
    def count(self) -> int:
        """How many codes are left."""
        return self.left.count(UNUSED)


def standing_set(subject: Subject, tools: Tools) -> CodeSet | None:
    """Give a person's set. Raises DependencyError, SealError."""
    found = tools.credentials.list(subject, RECOVERY)
    return read(found[0]) if found else None


def read(credential: Credential) -> CodeSet:
    """Read a set. Raises SealError for one that is not what was written."""
    facts, values = credential.facts, credential.values
    try:
        hashes = Hashes.read(credential.secrets["secret"].reveal())
        left = values.get("state", b"").decode("ascii")
        if len(left) != len(hashes.hashes) or set(left) - {UNUSED, USED}:
            raise ValueError("count of those that are left")
        return CodeSet(
            credential,
            hashes,
            left,
            int(values.get("failures", b"0")),
            Binding(facts["binding"]),
            _moment(facts["bound_at"]),
            _moment(values["used_at"].decode("ascii")) if "used_at" in values else None,
        )
    except (KeyError, ValueError) as error:
        raise SealError(Code.SEAL_BROKEN, f"recovery codes have no {error}") from error


def write(
    hashes: Hashes, binding: Binding, now: datetime
) -> tuple[dict[str, bytes], dict[str, Secret], dict[str, str]]:
    """Give what is kept of a new set: fields, what is sealed of it, and the facts the seal vouches for."""
    bound_at = written(now)
    values = {"state": UNUSED.encode() * len(hashes.hashes), "failures": b"0", "bound_at": bound_at.encode()}
    return values, {"secret": Secret(hashes.to_bytes())}, {"binding": binding.value, "bound_at": bound_at}


def written(moment: datetime) -> str:
    """Write a moment as LDAP does."""
    return moment.astimezone(UTC).strftime(GENERALIZED_TIME)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, GENERALIZED_TIME).replace(tzinfo=UTC)
