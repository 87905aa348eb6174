"""The files of the repository, as git would take them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = {".png", ".jpg", ".ico", ".woff2", ".gz", ".der", ".p12"}


@cache
def tracked() -> tuple[Path, ...]:
    """Give every file that is tracked or would be added, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return tuple(Path(name) for name in sorted(names) if (ROOT / name).is_file())


def texts(*suffixes: str) -> tuple[Path, ...]:
    """Give the text files with one of the suffixes, or all."""
    return tuple(path for path in tracked() if path.suffix not in BINARY and (not suffixes or path.suffix in suffixes))


@cache
def read(path: Path) -> str:
    """Give a file's text."""
    return (ROOT / path).read_text(encoding="utf-8")
