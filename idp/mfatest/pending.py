"""Requests on their way, kept in the browser that made them and vouched for by us.

The cookie holds a few request IDs, each with its end and an HMAC: an answer is taken only in the browser that asked,
and nobody has an answer that is not theirs opened by naming its ID. Nothing is kept here, so nothing is lost by a
restart.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.core.secret import Secret

LIFETIME = timedelta(minutes=30)
MOST = 4
"""Tabs that may be at it at once."""
LONGEST_COOKIE = 2048
SEPARATOR = "~"


@dataclass(frozen=True, slots=True)
class PendingRequests:
    """The reader and writer of the cookie; `key` is known to this service provider alone."""

    key: Secret

    def read(self, cookie: str, now: datetime) -> tuple[str, ...]:
        """Give the IDs that this browser asked with and that have not run out."""
        return tuple(self._open(entry, now) for entry in self._entries(cookie, now))

    def add(self, cookie: str, request_id: str, now: datetime) -> str:
        """Give the cookie with one more ID; only the newest few are kept."""
        ends = str(int((now + LIFETIME).timestamp()))
        entry = f"{request_id}.{ends}.{self._mac(request_id, ends)}"
        return SEPARATOR.join([*self._entries(cookie, now), entry][-MOST:])

    def remove(self, cookie: str, request_id: str, now: datetime) -> str:
        """Give the cookie without an ID that was answered; empty if none is left."""
        return SEPARATOR.join(each for each in self._entries(cookie, now) if self._open(each, now) != request_id)

    def _entries(self, cookie: str, now: datetime) -> list[str]:
        if len(cookie) > LONGEST_COOKIE:
            return []
        return [entry for entry in cookie.split(SEPARATOR) if self._open(entry, now)]

    def _open(self, entry: str, now: datetime) -> str:
        request_id, _, rest = entry.partition(".")
        ends, _, mac = rest.partition(".")
        if not ends.isdecimal() or not ends.isascii() or not mac.isascii():
            return ""
        if not hmac.compare_digest(mac, self._mac(request_id, ends)):
            return ""
        return request_id if now.timestamp() < int(ends) else ""

    def _mac(self, request_id: str, ends: str) -> str:
        message = f"mfa-test pending\n{request_id}\n{ends}".encode()
        return hmac.new(self.key.reveal(), message, hashlib.sha256).hexdigest()


def pending_key(private_key: bytes) -> Secret:
    """Derive the key of the cookie from the bytes of this service provider's private key file."""
    return Secret(hmac.new(private_key, b"warifu mfa-test pending requests", hashlib.sha256).digest())
