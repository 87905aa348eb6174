"""Files with secrets: made new and for their owner alone, read only when nobody else can."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from idp.core.secret import Secret

LONGEST_BYTES = 1 << 16


def read_private(file: Path) -> Secret:
    """Read a key file; raises ValueError when others can read it, OSError when it cannot be read."""
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_mode & 0o077:
            raise ValueError(f"{file} can be read by others than its owner: chmod 600 {file}")
        return Secret(stream.read(LONGEST_BYTES))


@contextmanager
def new_private(file: Path) -> Iterator[IO[str]]:
    """Write a new file, mode 0600, which appears whole or not at all. Raises OSError, FileExistsError too."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.link(part, file)
    finally:
        part.unlink(missing_ok=True)
