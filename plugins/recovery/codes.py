"""Recovery codes: made from one seed, kept as hashes, found again by one of them (NIST SP 800-63B-4 4.2.1.1)."""

import hmac
import re
import unicodedata
from dataclasses import dataclass
from hashlib import scrypt, sha256

from idp.plugin import Secret

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 characters without I, L, O and U: five bits each, and nothing that is taken for another."""
LENGTH, GROUP = 16, 4
BITS = 5 * LENGTH
"""80 bits a code; 64 are the least (NIST SP 800-63B-4 4.2.1.1)."""
SEED_BYTES = 32
SALT_BYTES = 16
HASH_BYTES = 32
LONGEST_TYPED = 64

_BETWEEN = re.compile("[\\s.,\u2010-\u2015\u2212\u30fc\uff0d-]+")
_MEANT = str.maketrans("ILO", "110")


def codes_of(seed: Secret, count: int) -> tuple[str, ...]:
    """Give the codes of a seed, as they are shown: four groups of four."""
    return tuple(_code(seed, number) for number in range(1, count + 1))


def normalise(typed: str) -> str:
    """Take away what people and input methods add, and read look-alikes as what was meant (security.md C-82)."""
    text = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed[:LONGEST_TYPED])).upper()
    return text.translate(_MEANT)


def is_code(text: str) -> bool:
    """Say whether this could be a code."""
    return len(text) == LENGTH and set(text) <= set(ALPHABET)


@dataclass(frozen=True, slots=True)
class Hashes:
    """What is kept of codes: a salt and a hash of each, a slow one (ASVS 6.5.2: they have under 112 bits)."""

    salt: bytes
    hashes: tuple[bytes, ...]

    @classmethod
    def make(cls, seed: Secret, count: int, salt: bytes) -> "Hashes":
        """Hash the codes of a seed."""
        return cls(salt, tuple(_hash(normalise(code), salt) for code in codes_of(seed, count)))

    @classmethod
    def read(cls, value: bytes) -> "Hashes":
        """Read what `to_bytes` wrote. Raises ValueError."""
        salt, rest = value[:SALT_BYTES], value[SALT_BYTES:]
        if not rest or len(rest) % HASH_BYTES:
            raise ValueError("not the hashes of codes")
        return cls(salt, tuple(rest[at : at + HASH_BYTES] for at in range(0, len(rest), HASH_BYTES)))

    def to_bytes(self) -> bytes:
        """Write them."""
        return self.salt + b"".join(self.hashes)

    def find(self, code: str) -> int | None:
        """Give the place of a code, every hash compared whatever the others gave; None where it is none of them."""
        digest = _hash(code, self.salt)
        places = [place for place, each in enumerate(self.hashes) if hmac.compare_digest(each, digest)]
        return places[0] if places else None


def _code(seed: Secret, number: int) -> str:
    value = int.from_bytes(
        hmac.new(seed.reveal(), f"code {number}".encode("ascii"), sha256).digest()[: BITS // 8], "big"
    )
    text = "".join(ALPHABET[value >> shift & 31] for shift in range(BITS - 5, -1, -5))
    return "-".join(text[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def _hash(code: str, salt: bytes) -> bytes:
    return scrypt(code.encode("ascii"), salt=salt, n=2**14, r=8, p=1, dklen=HASH_BYTES)
