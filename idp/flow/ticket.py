"""The way to the certificate listener and back: a ticket that leads there, a receipt that leads back (design 9).

Both are one-use, live for a minute, and stand in the store under their hashes. A ticket says for which step of which
conversation, in which browser, a certificate is wanted; whoever opens it uses it up. The receipt for what was seen goes
to the browser that showed it, and is good at that step, in the browser that holds the conversation.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.flow.record import encode
from idp.plugin import CertificateEvidence
from idp.store import Store

TICKET = "certificate-ticket"
RECEIPT = "certificate-receipt"
LIFETIME = timedelta(seconds=60)
LARGEST_CERTIFICATE_BYTES = 16 * 1024
LONGEST_CHAIN = 6


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation stands: its handle, its step, the id of its browser."""

    handle: str
    step: int
    browser: str


class Tickets:
    """The tickets and receipts of the site."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def issue(self, place: Place, now: datetime) -> str:
        """Give a fresh ticket for a step."""
        return self._put(TICKET, _place_to_json(place), now)

    def take(self, ticket: str) -> Place | None:
        """Use a ticket up; None for one that is used, too old or not ours. One caller wins."""
        value = self._store.take(TICKET, _hash(ticket))
        return _place(json.loads(value)) if value is not None else None

    def acknowledge(self, place: Place, evidence: CertificateEvidence, now: datetime) -> str:
        """Keep what was seen; gives the receipt, for the browser that showed it alone."""
        bounded = evidence if _is_bounded(evidence) else CertificateEvidence(b"")
        seen = {
            "der": bounded.der.hex(),
            "chain": [each.hex() for each in bounded.issuer_chain_der],
            "doubted": bounded.doubted,
        }
        return self._put(RECEIPT, {**_place_to_json(place), **seen}, now)

    def redeem(self, receipt: str, place: Place) -> CertificateEvidence | None:
        """Use a receipt up; None for one that is used, too old, or of another step, conversation or browser."""
        value = self._store.take(RECEIPT, _hash(receipt))
        if value is None:
            return None
        data = json.loads(value)
        if _place(data) != place:
            return None
        chain = tuple(bytes.fromhex(each) for each in data["chain"])
        return CertificateEvidence(bytes.fromhex(data["der"]), chain, data["doubted"])

    def _put(self, kind: str, value: dict[str, object], now: datetime) -> str:
        token = secrets.token_urlsafe(32)
        self._store.put(kind, _hash(token), encode(value).encode("utf-8"), now + LIFETIME)
        return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _place_to_json(place: Place) -> dict[str, object]:
    return {"handle": place.handle, "step": place.step, "browser": place.browser}


def _place(data: dict[str, object]) -> Place:
    return Place(str(data["handle"]), int(str(data["step"])), str(data["browser"]))


def _is_bounded(evidence: CertificateEvidence) -> bool:
    """Say whether it is of a size that a person's certificate may have; what is not is as good as none."""
    sizes = [len(each) for each in (evidence.der, *evidence.issuer_chain_der)]
    return len(sizes) <= LONGEST_CHAIN + 1 and max(sizes) <= LARGEST_CERTIFICATE_BYTES
