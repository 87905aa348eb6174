"""The rows of a file to import: CSV with the columns username,key, or LDIF with people's entries."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from idp.plugin import LDIFRecord, read_records

USERNAME, KEY, LAST_STEP = "username", "key", "last_step"
POINTER, LAST_STEP_ATTRIBUTE, IDENTIFIER = "oathTOTPToken", "oathTOTPLastTimeStep", "oathTokenIdentifier"
ENTRY_IDS = ("entryUUID", "nsUniqueId")
_LONGEST_FIELD = 1 << 16


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
        except (csv.Error, UnicodeDecodeError) as error:
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
            yield _ldif_row(record, holder, attribute, username)
        elif record.dn.lower() not in pointed:
            yield Row(record.line, record.dn, b"", problem=f"the entry has no {username_attribute}")


def _csv_row(line: int, fields: list[str], columns: dict[str, int]) -> Row:
    held = {name: fields[place] if place < len(fields) else "" for name, place in columns.items()}
    step = held.get(LAST_STEP, "")
    problem = "" if not step or _is_step(step) else "the last step is no number"
    last_step = int(step) if step and not problem else 0
    return Row(line, held[USERNAME], held[KEY].encode(), last_step, problem=problem)


def _ldif_row(record: LDIFRecord, holder: LDIFRecord, attribute: str, username: bytes) -> Row:
    values = _values(holder, attribute)
    step = (holder.first(LAST_STEP_ATTRIBUTE) or b"0").decode("ascii", "replace")
    problem = "" if _is_step(step) else f"{LAST_STEP_ATTRIBUTE} is no number"
    if len(values) > 1:
        problem = f"{len(values)} values; one app is kept, so say which by taking the others out of the file"
    found = (record.first(name) for name in ENTRY_IDS)
    entry_id = next((value.decode("ascii", "replace").lower() for value in found if value), "")
    return Row(
        record.line,
        username.decode("utf-8", "replace"),
        values[0],
        int(step) if not problem else 0,
        entry_id,
        holder.first(IDENTIFIER) or b"",
        problem,
    )


def _values(record: LDIFRecord, attribute: str) -> tuple[bytes, ...]:
    return record.values.get(attribute.lower(), ())


def _is_step(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
