"""Secrets sealed for keeping: AES-256-GCM as a compact JWE, bound to the person and the attribute it is for.

`alg` dir, `enc` A256GCM (RFC 7516, RFC 7518 4.5 and 5.3). The protected header names the key, the person and the
attribute, carries the facts the seal vouches for, and is the associated data: a value copied to another entry or
attribute, or whose facts were changed, does not open (security.md X-01). Nothing here puts a secret into a message.
"""

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from stat import S_IMODE
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.core.codes import Code
from idp.core.errors import ConfigError, Problem, SealError
from idp.core.secret import Secret

KEY_BYTES = 32
EXAMPLE_KEY = b"an example; never seal with this"
"""The key that documentation may show; refused wherever a key is read (security.md X-09)."""

_LONGEST_VALUE = 8192
_OWN = ("alg", "enc", "kid", "sub", "attr")
_BEGINNING = urlsafe_b64encode(b'{"alg":"dir"')
"""What every seal begins with: one that was cut short is never taken for a plain secret."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """One key and the name by which sealed values ask for it; the name tells nothing of the key."""

    kid: str
    key: Secret


@dataclass(frozen=True, slots=True)
class Opened:
    """What a seal held, the facts it vouches for, and the key that closed it."""

    secret: Secret
    facts: Mapping[str, str]
    kid: str


class Sealer:
    """Seals with the first key, opens with any."""

    def __init__(self, keys: Sequence[SealKey]) -> None:
        if not keys:
            raise ValueError("a sealer needs a key")
        self._first = keys[0].kid
        self._ciphers = {item.kid: AESGCM(item.key.reveal()) for item in keys}

    @property
    def kid(self) -> str:
        """The key that new seals are closed with."""
        return self._first

    @property
    def key_ids(self) -> tuple[str, ...]:
        """All keys, the first first."""
        return tuple(self._ciphers)

    def seal(self, secret: Secret, subject_id: str, attribute: str, facts: Mapping[str, str]) -> bytes:
        """Close `secret` for one attribute of one person; `facts` are readable by anyone, changeable by nobody."""
        if any(name in _OWN for name in facts):
            raise ValueError("a fact may not be called as the seal's own fields")
        header = {"alg": "dir", "enc": "A256GCM", "kid": self._first, "sub": subject_id, "attr": attribute, **facts}
        protected = _encode(json.dumps(header, separators=(",", ":")).encode())
        nonce = token_bytes(12)
        closed = self._ciphers[self._first].encrypt(nonce, secret.reveal(), protected)
        return b".".join((protected, b"", _encode(nonce), _encode(closed[:-16]), _encode(closed[-16:])))

    def unseal(self, value: bytes, subject_id: str, attribute: str) -> Opened:
        """Open what `seal` closed for this person and attribute.

        Raises SealError: SEAL_UNKNOWN_KEY when the key is not ours, SEAL_BROKEN for everything else (X-03).
        """
        protected, header, nonce, closed = _take_apart(value)
        cipher = self._ciphers.get(header["kid"])
        if cipher is None:
            raise SealError(Code.SEAL_UNKNOWN_KEY, f"{attribute} of {subject_id} is sealed with a key not at hand")
        try:
            opened = cipher.decrypt(nonce, closed, protected)
        except InvalidTag:
            _break(attribute, subject_id, "was changed")
        if header["sub"] != subject_id or header["attr"] != attribute:
            _break(attribute, subject_id, "was sealed for another entry or attribute")
        facts = {name: text for name, text in header.items() if name not in _OWN}
        return Opened(Secret(opened), facts, header["kid"])


def is_sealed(value: bytes) -> bool:
    """Tell a value that was sealed here, whole or damaged, from one that never was."""
    return value.startswith(_BEGINNING) or (value.startswith(b"eyJ") and value.count(b".") == 4)


def sealed_with(value: bytes) -> str:
    """Give the name of the key a value says it is sealed with, unproved; "" for a value that was never sealed here.

    Raises SealError for a seal that is damaged.
    """
    return _take_apart(value)[1]["kid"] if is_sealed(value) else ""


def make_seal_key() -> bytes:
    """Give the contents of a new key file."""
    return b64encode(token_bytes(KEY_BYTES)) + b"\n"


def load_seal_keys(paths: Sequence[Path]) -> tuple[SealKey, ...]:
    """Read key files: 32 random bytes in base64, readable by their owner alone. Raises ConfigError naming each."""
    problems: list[Problem] = []
    keys: list[SealKey] = []
    for path in paths:
        try:
            keys.append(_load(path))
        except (OSError, ValueError) as error:
            what = error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
            problems.append(Problem(str(path), "", what, "Make a key with `warifu keys seal`, mode 0400"))
    if problems:
        raise ConfigError(problems)
    return tuple(keys)


def name_key(key: bytes) -> SealKey:
    """Give a key its name; raises ValueError for one that must not be used."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"does not hold {KEY_BYTES} bytes")
    if key == EXAMPLE_KEY or len(set(key)) < 8:
        raise ValueError("is an example, known to everybody")
    return SealKey(sha256(b"warifu seal key name\0" + key).hexdigest()[:8], Secret(key))


def _load(path: Path) -> SealKey:
    if S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError("can be read by others than its owner")
    try:
        key = b64decode(path.read_bytes().strip(), validate=True)
    except Base64Error:
        raise ValueError("is not base64") from None
    return name_key(key)


def _take_apart(value: bytes) -> tuple[bytes, dict[str, str], bytes, bytes]:
    parts = value.split(b".")
    if len(value) > _LONGEST_VALUE or len(parts) != 5 or parts[1]:
        _break("a value", "", "is not a seal of ours")
    try:
        header = json.loads(_decode(parts[0]))
        nonce, closed = _decode(parts[2]), _decode(parts[3]) + _decode(parts[4])
    except (ValueError, RecursionError):
        _break("a value", "", "is not a seal of ours")
    if not isinstance(header, dict) or not all(isinstance(item, str) for item in header.values()):
        _break("a value", "", "has a header not of ours")
    if any(name not in header for name in _OWN) or (header["alg"], header["enc"]) != ("dir", "A256GCM"):
        _break("a value", "", "has a header not of ours")
    if len(nonce) != 12 or len(_decode(parts[4])) != 16:
        _break("a value", "", "is not a seal of ours")
    return parts[0], header, nonce, closed


def _break(attribute: str, subject_id: str, what: str) -> NoReturn:
    raise SealError(Code.SEAL_BROKEN, f"{attribute} of {subject_id} {what}" if subject_id else f"{attribute} {what}")


def _encode(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")


def _decode(value: bytes) -> bytes:
    """Decode base64url, one spelling only: a changed last character never decodes to the same bytes unseen."""
    decoded = urlsafe_b64decode(value + b"=" * (-len(value) % 4))
    if _encode(decoded) != value:
        raise ValueError("not canonical")
    return decoded
