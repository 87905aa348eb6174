"""Where a sheet is kept: on the person's own entry, its seed sealed (ldap/schema.ldif)."""

from datetime import UTC, datetime

from idp.plugin import Credential, CredentialKind, Subject, Tools

SHEET = CredentialKind(
    name="codesheet",
    object_class="codeSheetHolder",
    fields={
        "id": "codeSheetIdentifier",
        "seed": "codeSheetSeed",
        "used": "codeSheetUsed",
        "bound_at": "codeSheetTime",
    },
    sealed=frozenset({"seed"}),
)
_TIME = "%Y%m%d%H%M%SZ"


def sheet_of(subject: Subject, tools: Tools) -> Credential | None:
    """Give the person's sheet, read at the writer. Raises DependencyError, SealError."""
    return next(iter(tools.credentials.list(subject, SHEET)), None)


def used_of(sheet: Credential) -> int:
    """Give the number of the last code that was used."""
    return int(sheet.values.get("used", b"0"))


def bound_at(sheet: Credential) -> datetime | None:
    """Give when it was registered."""
    try:
        return datetime.strptime(sheet.values.get("bound_at", b"").decode("ascii"), _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def write_time(moment: datetime) -> bytes:
    """Write a moment as the directory keeps it (RFC 4517 3.3.13)."""
    return moment.astimezone(UTC).strftime(_TIME).encode("ascii")
