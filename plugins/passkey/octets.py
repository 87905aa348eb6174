"""Octets as forms and pages carry them: base64url without padding (WebAuthn Level 3, 4)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def write_octets(value: bytes) -> str:
    """Write octets for a page."""
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def read_octets(text: str, most: int) -> bytes | None:
    """Read what a form brought; None for what is empty, no base64url, or of more than `most` octets."""
    if len(text) > -(-most * 4 // 3) or not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        return None
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
