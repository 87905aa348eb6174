"""Metadata files in a folder; each is trusted by its place (contract: a file dropped into metadata_dir)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp.core.errors import WarifuError
from idp.federation.index_file import SourceState
from idp.federation.metadata_reader import read_metadata
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

    @property
    def name(self) -> str:
        """Its name in the folder, which is the name of the source."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class SourceReading:
    """A source that was read: its state and its service providers."""

    state: SourceState
    service_providers: tuple[ServiceProvider, ...]


class SourceUnreadableError(Exception):
    """A source whose document cannot be used as a whole; the text says why and where."""


def list_folder(folder: Path, now: datetime) -> list[FolderFile]:
    """Give the `*.xml` files by name, hidden ones left out; raises OSError where the folder cannot be read."""
    files = []
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.suffix.lower() != ".xml" or path.name.startswith("."):
            continue
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if path.is_file():
            version = f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"
            fresh = abs(now.timestamp() - status.st_mtime) < FRESH_SECONDS
            files.append(FolderFile(path, version, fresh))
    return files


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
