"""The address in a notice under "this was not me": signed, for one person and one change, for some days (E-04).

It leads to a page; opening it does nothing. What it may do is to freeze what is registered, which helps nobody else.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.core.secret import Secret
from idp.core.subject import Subject

PATH = "/idp/account/not-me"
LONGEST = 2048


@dataclass(frozen=True, slots=True)
class Denied:
    """A change that its owner may say was not theirs: whose, what kind, when."""

    subject: Subject
    change: str
    at: datetime


class NotMe:
    """Writes such addresses and reads them."""

    def __init__(self, key: Secret, base_url: str, lifetime: timedelta) -> None:
        self._key = key
        self._base_url = base_url
        self._lifetime = lifetime

    def address(self, denied: Denied) -> str:
        """Give the address for a letter."""
        subject = denied.subject
        data = [subject.id, subject.username, subject.dn, denied.change, int(denied.at.timestamp())]
        text = (
            urlsafe_b64encode(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()).decode().rstrip("=")
        )
        return f"{self._base_url}{PATH}?change={text}.{self._sign(text)}"

    def read(self, value: str, now: datetime) -> Denied:
        """Read what `address` wrote. Raises ProtocolError NOT_ME_STALE for what is not ours or too old."""
        text, _, signature = value.partition(".")
        given, own = signature.encode("utf-8", "replace"), self._sign(text).encode("ascii")
        if len(value) > LONGEST or not hmac.compare_digest(given, own):
            raise _stale("not of our making")
        try:
            ident, username, dn, change, at = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValueError, Base64Error) as error:
            raise _stale("cannot be read") from error
        denied = Denied(Subject(ident, username, dn), change, datetime.fromtimestamp(at, UTC))
        if now >= denied.at + self._lifetime:
            raise _stale("too old")
        return denied

    def _sign(self, text: str) -> str:
        return hmac.new(self._key.reveal(), b"not-me\0" + text.encode("utf-8", "replace"), "sha256").hexdigest()


def _stale(what: str) -> ProtocolError:
    return ProtocolError(Code.NOT_ME_STALE, f"the address is {what}", http_status=410, reason="stale")
