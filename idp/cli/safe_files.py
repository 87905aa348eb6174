"""Whether the files a site keeps are there, and whether others keep out of them (security.md K-01, X-09)."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from idp.core.errors import Problem
from idp.settings.model import IdPSettings

SHORTEST_KEY_BYTES = 32

_WELL_KNOWN = re.compile(
    r"(change.?me|secret|password|passw0rd|example|default|admin|rootpw|warifu|test|letmein|sample|foobar)[\W\d_]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _File:
    key: str
    path: Path


def find_file_problems(settings: IdPSettings, file: str, folder: Path) -> list[Problem]:
    """Give what is wrong with the files of keys and passwords, and with the folders that are written to."""
    problems: list[Problem] = []
    for item in _private_files(settings):
        problems += _judge_private(item, file, folder)
    for item in _keys(settings):
        problems += _judge_random_key(item, file)
    for item in _passwords(settings):
        problems += _judge_password(item, file)
    if settings.keys.cookie in settings.keys.seal:
        problems.append(Problem(file, "keys.cookie", "it is a seal key too", "One key has one use: make another"))
    for item in _public_files(settings):
        if not os.access(item.path, os.R_OK):
            problems.append(Problem(file, item.key, f"{item.path} cannot be read", "Put it there, readable"))
    for item in _folders(settings):
        problems += _judge_folder(item, file)
    return problems


def _private_files(settings: IdPSettings) -> Iterator[_File]:
    for number, pair in enumerate(settings.keys.signing):
        yield _File(f"keys.signing[{number}].key", pair.key)
    for number, pair in enumerate(settings.keys.encryption):
        yield _File(f"keys.encryption[{number}].key", pair.key)
    yield from _keys(settings)
    yield from _passwords(settings)
    if settings.listen.tls_key is not None:
        yield _File("listen.tls_key", settings.listen.tls_key)
    if settings.confirmation is not None:
        yield _File("confirmation.tls_key", settings.confirmation.tls_key)
        yield _File("confirmation.signing.key", settings.confirmation.signing.key)


def _keys(settings: IdPSettings) -> Iterator[_File]:
    for number, path in enumerate(settings.keys.seal):
        yield _File(f"keys.seal[{number}]", path)
    yield _File("keys.cookie", settings.keys.cookie)
    yield from (_File("keys.previous_cookie", each) for each in settings.keys.previous_cookie)


def _passwords(settings: IdPSettings) -> Iterator[_File]:
    found = {
        "directory.bind_password_file": settings.directory.bind_password_file,
        "directory.enrol_password_file": settings.directory.enrol_password_file,
        "store.redis_password_file": settings.store.redis_password_file,
    }
    if settings.mail is not None:
        found["mail.password_file"] = settings.mail.password_file
    yield from (_File(key, path) for key, path in found.items() if path is not None)


def _public_files(settings: IdPSettings) -> Iterator[_File]:
    found = {"directory.ca": settings.directory.ca, "listen.tls_certificate": settings.listen.tls_certificate}
    if settings.confirmation is not None:
        found["confirmation.ca"] = settings.confirmation.ca
        found["confirmation.tls_certificate"] = settings.confirmation.tls_certificate
    if settings.mail is not None:
        found["mail.ca"] = settings.mail.ca
    yield from (_File(key, path) for key, path in found.items() if path is not None)


def _folders(settings: IdPSettings) -> Iterator[_File]:
    yield _File("metadata.folder", settings.metadata.folder)
    yield _File("metadata.index", settings.metadata.index.parent)
    yield _File("audit.log", settings.audit.log.parent)
    if settings.audit.json_log is not None:
        yield _File("audit.json_log", settings.audit.json_log.parent)
    if settings.store.path is not None:
        yield _File("store.path", settings.store.path.parent)
    if settings.mail is not None:
        yield _File("records.path", settings.records_path.parent)
    if settings.listen.socket is not None:
        yield _File("listen.socket", settings.listen.socket.parent)


def _judge_private(item: _File, file: str, folder: Path) -> Iterator[Problem]:
    try:
        status = item.path.stat()
    except OSError as error:
        yield Problem(file, item.key, f"{item.path} cannot be read ({error.strerror})", "Put it there, mode 0600")
        return
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        yield Problem(file, item.key, f"{item.path} is open to others (mode {mode:04o})", f"chmod 600 {item.path}")
    ours = {0, os.geteuid(), _owner(folder)} if os.geteuid() == 0 else {0, os.geteuid()}
    if status.st_uid not in ours:
        yield Problem(file, item.key, f"{item.path} belongs to uid {status.st_uid}", f"chown it to uid {os.geteuid()}")
    elif not os.access(item.path, os.R_OK):
        yield Problem(file, item.key, f"{item.path} cannot be read", f"chown it to uid {os.geteuid()}")


def _owner(folder: Path) -> int:
    return folder.stat().st_uid


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes().strip()
    except OSError:
        return None


def _judge_random_key(item: _File, file: str) -> Iterator[Problem]:
    content = _read(item.path)
    if content is None:
        return  # said already
    remedy = "Make a new one: openssl rand -hex 32"
    if len(content) < SHORTEST_KEY_BYTES:
        yield Problem(file, item.key, f"{item.path} holds less than {SHORTEST_KEY_BYTES} bytes", remedy)
    elif len(set(content)) < 8 or _is_counting(content) or _WELL_KNOWN.search(content.decode("latin-1")):
        yield Problem(file, item.key, f"{item.path} is not random: an example or a default", remedy)


def _is_counting(content: bytes) -> bool:
    try:
        raw = bytes.fromhex(content.decode("ascii"))
    except ValueError:
        raw = content
    return len({(after - before) % 256 for before, after in pairwise(raw)}) == 1


def _judge_password(item: _File, file: str) -> Iterator[Problem]:
    content = _read(item.path)
    if content is None:
        return
    if not content:
        yield Problem(file, item.key, f"{item.path} is empty", "Write the password into it")
    elif _WELL_KNOWN.fullmatch(content.decode("utf-8", "replace")):
        yield Problem(file, item.key, f"{item.path} holds a default password", "Give the account a random one")


def _judge_folder(item: _File, file: str) -> Iterator[Problem]:
    if not item.path.is_dir():
        yield Problem(file, item.key, f"there is no folder {item.path}", f"mkdir -p {item.path}")
        return
    status = item.path.stat()
    if stat.S_IMODE(status.st_mode) & 0o002 and not stat.S_IMODE(status.st_mode) & stat.S_ISVTX:
        yield Problem(file, item.key, f"everybody may write to {item.path}", f"chmod o-w {item.path}")
    needed = os.R_OK | os.X_OK if item.key == "metadata.folder" else os.W_OK | os.X_OK
    if not os.access(item.path, needed):
        yield Problem(file, item.key, f"{item.path} may not be used by uid {os.geteuid()}", "Change its owner or mode")
