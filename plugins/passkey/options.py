"""What a page gives the browser's own functions (WebAuthn Level 3, 5.1.9 and 5.1.10), as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from plugins.passkey.challenge import LIFETIME, Challenge
from plugins.passkey.credential import Passkey
from plugins.passkey.octets import write_octets
from plugins.passkey.public_key import ALGORITHMS
from plugins.passkey.relying_party import RelyingParty

_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of an authenticator: to keep the passkey itself, and to verify the person (5.4.4, 5.8.6)."""

    resident_key: str
    user_verification: str


@dataclass(frozen=True, slots=True)
class User:
    """Whom a passkey is made for, as their authenticator will show it; `handle` is random."""

    handle: bytes
    name: str


def creation_options(
    us: RelyingParty, challenge: Challenge, user: User, wishes: Wishes, standing: Sequence[Passkey]
) -> str:
    """Ask for a new passkey, of an authenticator that has none of the person's yet."""
    return _write(
        {
            "rp": {"id": us.id, "name": us.name},
            "user": {"id": write_octets(user.handle), "name": user.name, "displayName": user.name},
            "challenge": write_octets(challenge.octets),
            "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
            "timeout": _timeout(),
            "excludeCredentials": _descriptors(standing),
            "authenticatorSelection": {
                "residentKey": wishes.resident_key,
                "requireResidentKey": wishes.resident_key == "required",
                "userVerification": wishes.user_verification,
            },
            "attestation": "none",
        }
    )


def request_options(us: RelyingParty, challenge: Challenge, user_verification: str, standing: Sequence[Passkey]) -> str:
    """Ask for one of these passkeys; with none named, for whichever the person chooses."""
    return _write(
        {
            "rpId": us.id,
            "challenge": write_octets(challenge.octets),
            "timeout": _timeout(),
            "allowCredentials": _descriptors(standing),
            "userVerification": user_verification,
        }
    )


def _descriptors(passkeys: Sequence[Passkey]) -> list[dict[str, object]]:
    return [
        {
            "type": "public-key",
            "id": write_octets(each.key.credential_id),
            **({"transports": list(each.key.transports)} if each.key.transports else {}),
        }
        for each in passkeys
    ]


def _timeout() -> int:
    return int(LIFETIME.total_seconds()) * _MILLISECONDS


def _write(options: dict[str, object]) -> str:
    return json.dumps(options, separators=(",", ":"), ensure_ascii=True)
