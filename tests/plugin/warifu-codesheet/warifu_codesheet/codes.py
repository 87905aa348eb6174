"""The codes of a sheet: each is made of the sheet's seed and its number."""

import hmac
import secrets
import unicodedata

from idp.plugin import Secret

SEED_BYTES = 32
CODE_LENGTH = 8
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U, which are read as 1, 1, 0 and V."""
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", " ": "", "-": ""})


def new_seed() -> Secret:
    """Give the seed of a new sheet."""
    return Secret(secrets.token_bytes(SEED_BYTES))


def code_of(seed: Secret, number: int) -> str:
    """Give one code, 40 bits; the first has number 1."""
    digest = hmac.digest(seed.reveal(), str(number).encode("ascii"), "sha256")
    return "".join(ALPHABET[octet % len(ALPHABET)] for octet in digest[:CODE_LENGTH])


def normalise(typed: str) -> str:
    """Take what people and input methods add away: spaces, dashes, small and full-width letters."""
    return unicodedata.normalize("NFKC", typed[:64]).upper().translate(_MISREAD)


def is_right(seed: Secret, number: int, typed: str) -> bool:
    """Say whether this code was typed; how much of it is right does not show in the time it takes."""
    return hmac.compare_digest(code_of(seed, number).encode(), normalise(typed).encode("utf-8", "replace"))
