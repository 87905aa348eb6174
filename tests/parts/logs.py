"""What a site wrote: its audit stream, its process log, and every file it left."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROCESS_LOG = ('# process_log = "log/process.log"', 'process_log = "log/process.log"')
DEBUG_LOG = (PROCESS_LOG, ('# level = "INFO"', 'level = "DEBUG"'))


def read_json_lines(conf: Path, name: str = "audit.json") -> list[dict[str, Any]]:
    """Give the events of a log; each line must be one JSON object."""
    file = conf / "log" / name
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def everything_written(*folders: Path, leave_out: tuple[str, ...] = ()) -> Iterator[tuple[Path, bytes]]:
    """Give every file under the folders with its bytes."""
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not any(part in leave_out for part in file.parts):
                yield file, file.read_bytes()
