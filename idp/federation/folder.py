"""Metadata files in a folder; each is trusted by its place (contract: a file dropped into metadata_dir)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp.core.errors import WarifuError
from idp.federation.index_file import SourceState
from idp.federation.metadata_reader import read_metadata
from idp.federation.record import write_record
from idp.federation.service_provider import ServiceProvider
from idp.xml.parse import METADATA

FRESH_SECONDS = 3
"""A file changed so recently is read again whatever its time says: two writes may fall into one tick of the clock."""


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file of the folder; `version` changes when it does, `fresh` says that this cannot be relied on yet."""

    path: Path
    version: str
    fresh: bool
    group: str = ""
    is_alone: bool = False

    @property
    def name(self) -> str:
        """Its name in the folder, after that of the source it is of; a file that is a source by itself has its name."""
        if self.is_alone:
            return self.group
        return f"{self.group}/{self.path.name}" if self.group else self.path.name


@dataclass(frozen=True, slots=True)
class SourceReading:
    """A source that was read: its state and its service providers."""

    state: SourceState
    service_providers: tuple[ServiceProvider, ...]

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Give entityID and record of each."""
        return ((provider.entity_id, write_record(provider)) for provider in self.service_providers)

    def close(self) -> None:
        """Nothing is open."""


class SourceUnreadableError(Exception):
    """A source whose document cannot be used as a whole; the text says why and where."""


def list_folder(folder: Path, now: datetime, group: str = "") -> list[FolderFile]:
    """Give the `*.xml` files by name, hidden ones left out; raises OSError where the folder cannot be read."""
    files = []
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.suffix.lower() != ".xml" or path.name.startswith("."):
            continue
        try:
            file = look_at(path, now, group)
        except FileNotFoundError:
            continue
        if path.is_file():
            files.append(file)
    return files


def look_at(path: Path, now: datetime, group: str, *, is_alone: bool = False) -> FolderFile:
    """Give a file as it is now. Raises OSError."""
    status = path.stat()
    version = f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"
    return FolderFile(path, version, abs(now.timestamp() - status.st_mtime) < FRESH_SECONDS, group, is_alone)


def read_octets(file: FolderFile) -> bytes:
    """Give what the file holds; raises SourceUnreadableError."""
    try:
        with file.path.open("rb") as stream:
            return stream.read(METADATA.octets + 1)
    except OSError as error:
        raise SourceUnreadableError(f"cannot be read: {error.strerror}") from error


def read_file(file: FolderFile, octets: bytes, *, allow_loopback_http: bool) -> SourceReading:
    """Read the file's service providers; raises SourceUnreadableError."""
    try:
        reading = read_metadata(octets, source=file.name, allow_loopback_http=allow_loopback_http)
    except WarifuError as error:
        raise SourceUnreadableError(error.detail) from error
    state = SourceState(file.name, file.version, digest_of(octets), reading.refusals)
    return SourceReading(state, reading.service_providers)


def digest_of(octets: bytes) -> bytes:
    """Give the SHA-256 of a document."""
    return hashlib.sha256(octets).digest()


def digest_of_file(file: FolderFile) -> bytes:
    """Give the SHA-256 of a file that may be large; raises SourceUnreadableError."""
    try:
        with file.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError as error:
        raise SourceUnreadableError(f"cannot be read: {error.strerror}") from error
