"""The arithmetic of one-time passwords (RFC 6238), and what people type."""

import base64
import hmac
import re
import unicodedata
from datetime import datetime

import pyotp

from idp.plugin import Hint, Secret

STEP_SECONDS = 30
DIGITS = 6
SHORTEST_KEY_BYTES = 20
DRIFT_STEPS = 10
"""How far off a device's clock is told, to its owner at registration and to the help desk (security.md T-11)."""

_DASHES = re.compile("[\\s\u2010-\u2015\u2212\u30fc\uff0d-]+")
_CODE = re.compile(r"[0-9]{6}")


def normalise(typed: str) -> str:
    """Take away what people and input methods add: spaces, dashes, full-width digits (people.md 5)."""
    return _DASHES.sub("", unicodedata.normalize("NFKC", typed[:64]))


def is_code(text: str) -> bool:
    """Say whether `text` is six ASCII digits and nothing else."""
    return _CODE.fullmatch(text) is not None


def step_at(moment: datetime) -> int:
    """Give the time step of a moment (RFC 6238 4.2)."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: Secret, step: int) -> str:
    """Give the code of a step."""
    return _generator(secret).generate_otp(step)


def matching_step(secret: Secret, code: str, step: int, window: int) -> int | None:
    """Give the latest step within `window` of `step` whose code is `code`.

    Every step is computed and compared whatever the others gave (security.md T-39).
    """
    generator = _generator(secret)
    found = None
    for candidate in range(step - window, step + window + 1):
        if hmac.compare_digest(generator.generate_otp(candidate).encode("ascii"), code.encode("ascii")):
            found = candidate
    return found


def hint_of(secret: Secret, code: str, step: int, window: int) -> Hint | None:
    """Say to the help desk what is wrong with a code: it was used, or the device's clock is off (security.md T-11).

    Nobody at the page learns of it, and nothing is accepted for it; every step is computed whatever the others gave.
    """
    found = matching_step(secret, code, step, DRIFT_STEPS)
    if found is None:
        return None
    seconds = (found - step) * STEP_SECONDS
    if abs(found - step) <= window:
        return Hint("used")
    return Hint("behind" if seconds < 0 else "ahead", {"minutes": f"{abs(seconds) / 60:g}"})


def _generator(secret: Secret) -> pyotp.TOTP:
    # HMAC fills a short key with zero octets (RFC 2104 2), so an 80-bit key of old gives the same codes padded here;
    # pyotp itself refuses keys under 112 bits.
    key = secret.reveal().ljust(SHORTEST_KEY_BYTES, b"\0")
    return pyotp.TOTP(base64.b32encode(key).decode("ascii"), digits=DIGITS, interval=STEP_SECONDS)
