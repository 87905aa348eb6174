"""The rows of a file to import: CSV with the columns username,key, or LDIF with people's entries."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from idp.plugin import LDIFRecord, read_records
from plugins.totp.codes import DIGITS, STEP_SECONDS

USERNAME, KEY, LAST_STEP = "username", "key", "last_step"
POINTER, LAST_STEP_ATTRIBUTE, IDENTIFIER = "oathTOTPToken", "oathTOTPLastTimeStep", "oathTokenIdentifier"
ENTRY_IDS = ("entryUUID", "nsUniqueId")
PARAMS = ("oathTOTPParams", "oathHOTPParams")
_VERIFIED = {
    "oathOTPLength": (str(DIGITS), "digits"),
    "oathTOTPTimeStepPeriod": (str(STEP_SECONDS), "seconds a code"),
    "oathHMACAlgorithm": ("1.2.840.113549.2.7", "as HMAC algorithm (not SHA-1)"),
}
"""What every app is verified with, by the attribute that says otherwise (OATH-LDAP, slapo-otp)."""
_LONGEST_FIELD = 1 << 16
_LIKE_A_KEY = re.compile(r"[A-Za-z2-7=\s-]{16,}|[0-9A-Fa-f]{20,}|[A-Za-z0-9+/=]{28,}")


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the file: the line, the value as it was stored, the last step that was accepted.

    `entry_id` and `identifier` are what an LDIF says of the entry and of the registration the value is from; `problem`
    tells why a row cannot be used.
    """

    line: int
    username: str
    value: bytes
    last_step: int = 0
    entry_id: str = ""
    identifier: bytes = b""
    problem: str = ""

    @property
    def name(self) -> str:
        """The user name as it may be repeated: where columns were mistaken for one another it is a key (X-07)."""
        return "(like a key)" if _LIKE_A_KEY.fullmatch(self.username) else self.username


def is_ldif(file: Path) -> bool:
    """Tell an LDIF file by its name."""
    return file.suffix.lower() in {".ldif", ".ldf"}


def csv_rows(file: Path) -> Iterator[Row]:
    """Read a CSV; a first line with the names of the columns may be there. Raises ValueError, which names the line."""
    csv.field_size_limit(_LONGEST_FIELD)
    columns = {USERNAME: 0, KEY: 1}
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        try:
            for row in reader:
                fields = [field.strip() for field in row]
                names = [field.lower() for field in fields]
                if not any(fields):
                    continue
                if USERNAME in names and KEY in names:
                    columns = {name: names.index(name) for name in (USERNAME, KEY, LAST_STEP) if name in names}
                    continue
                yield _csv_row(reader.line_num, fields, columns)
        except UnicodeDecodeError:
            raise ValueError("the file is not UTF-8; save it as CSV UTF-8") from None
        except csv.Error as error:
            raise ValueError(f"line {reader.line_num}: {error}") from None


def ldif_rows(file: Path, attribute: str, username_attribute: str) -> Iterator[Row]:
    """Read entries that have `attribute`, or that point to an entry of the file that has (slapo-otp, OATH-LDAP).

    Raises ValueError, which names the line.
    """
    with file.open("rb") as stream:
        records = list(read_records(stream))
    by_dn = {record.dn.lower(): record for record in records}
    pointed = {value.decode("utf-8", "replace").lower() for each in records for value in _values(each, POINTER)}
    for record in records:
        token = by_dn.get((record.first(POINTER) or b"").decode("utf-8", "replace").lower(), record)
        holder = record if _values(record, attribute) else token
        if not _values(holder, attribute):
            continue
        username = record.first(username_attribute)
        if username is not None:
            yield _ldif_row(record, holder, attribute, username, _unlike_ours(record, holder, by_dn))
        elif record.dn.lower() not in pointed:
            yield Row(record.line, record.dn, b"", problem=f"the entry has no {username_attribute}")


def _csv_row(line: int, fields: list[str], columns: dict[str, int]) -> Row:
    held = {name: fields[place] if place < len(fields) else "" for name, place in columns.items()}
    step = held.get(LAST_STEP, "")
    problem = "" if not step or _is_step(step) else "the last step is no number"
    if len(fields) <= max(columns[USERNAME], columns[KEY]):  # both in one, perhaps: nothing of it is repeated
        return Row(line, "", b"", problem="a user name and a key are wanted, with a comma between them")
    last_step = int(step) if step and not problem else 0
    return Row(line, held[USERNAME], held[KEY].encode(), last_step, problem=problem)


def _ldif_row(record: LDIFRecord, holder: LDIFRecord, attribute: str, username: bytes, problem: str) -> Row:
    values = _values(holder, attribute)
    step = (holder.first(LAST_STEP_ATTRIBUTE) or b"0").decode("ascii", "replace")
    if not _is_step(step):
        problem = f"{LAST_STEP_ATTRIBUTE} is no number"
    if len(values) > 1:
        problem = f"{len(values)} values; one app is kept, so say which by taking the others out of the file"
    found = (record.first(name) for name in ENTRY_IDS)
    entry_id = next((value.decode("ascii", "replace").lower() for value in found if value), "")
    return Row(
        record.line,
        username.decode("utf-8", "replace"),
        values[0],
        int(step) if _is_step(step) else 0,
        entry_id,
        holder.first(IDENTIFIER) or b"",
        problem,
    )


def _unlike_ours(record: LDIFRecord, holder: LDIFRecord, by_dn: Mapping[str, LDIFRecord]) -> str:
    """Say why an app's codes are not those that are verified here; "" if they are, or if the file does not tell."""
    if b"oathhotptoken" in {name.lower() for name in _values(holder, "objectClass")}:
        return "the token counts its codes (HOTP); codes of the time are verified here, so register an app"
    pointed = (each.first(name) for each in (record, holder) for name in PARAMS)
    params = [by_dn.get(dn.decode("utf-8", "replace").lower()) for dn in pointed if dn]
    for each in (holder, *(one for one in params if one is not None)):
        for attribute, (ours, what) in _VERIFIED.items():
            value = (each.first(attribute) or ours.encode()).decode("ascii", "replace")
            if value != ours:
                return f"its app makes codes with {value} {what}; here {ours} is verified, so register an app"
    return ""


def _values(record: LDIFRecord, attribute: str) -> tuple[bytes, ...]:
    return record.values.get(attribute.lower(), ())


def _is_step(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
