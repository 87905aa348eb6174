"""What a message must satisfy, each rule by itself (SAML Core 3.2.1, 3.4.1; security.md A-09 to A-14)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.datatypes import is_nc_name, read_boolean, read_date_time

LONGEST_RELAY_STATE_OCTETS = 80
"""What SAML Bindings 3.4.3 allows; longer ones are answered too unless the site is strict."""

_LONGEST_ISSUER = 256
_ENTITY_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"


@dataclass(frozen=True, slots=True)
class Expectations:
    """What this identity provider expects of requests.

    `destinations` are the URLs by binding at which we take AuthnRequests, `logout_destinations` those for logout;
    `allow_sha1` and `clock_skews` are by entityID.
    """

    destinations: Mapping[str, frozenset[str]]
    message_lifetime: timedelta = timedelta(minutes=3)
    clock_skew: timedelta = timedelta(minutes=3)
    strict_relay_state: bool = False
    allow_sha1: frozenset[str] = frozenset()
    clock_skews: Mapping[str, timedelta] = field(default_factory=dict)
    logout_destinations: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def skew(self, entity_id: str) -> timedelta:
        """Give how far a service provider's clock may be from ours."""
        return self.clock_skews.get(entity_id, self.clock_skew)

    def tolerance(self, entity_id: str) -> timedelta:
        """Give how far from now, either way, an IssueInstant may be."""
        return self.message_lifetime + self.skew(entity_id)


def check_version(version: str | None) -> None:
    """Accept SAML 2.0 alone (SAML Core 4.1.1)."""
    if version != "2.0":
        raise ProtocolError(Code.VERSION_MISMATCH, "Version is not 2.0")


def check_id(request_id: str | None) -> str:
    """Give the ID, an xs:ID of at most 256 characters."""
    if request_id is None or not is_nc_name(request_id):
        raise _malformed("ID is missing or not an xs:ID")
    return request_id


def check_issuer(text: str, form: str | None) -> str:
    """Give the entityID that an Issuer names (SAML Profiles 4.1.4.1; A-13)."""
    if form is not None and form != _ENTITY_FORMAT:
        raise _malformed("the Issuer's Format is not entity")
    if not text:
        raise _malformed("the Issuer is empty")
    if len(text) > _LONGEST_ISSUER:
        raise ProtocolError(Code.UNKNOWN_SERVICE, f"an Issuer of more than {_LONGEST_ISSUER} characters")
    return text


def check_issue_instant(text: str | None, tolerance: timedelta, now: datetime) -> datetime:
    """Give the IssueInstant when it is no further than `tolerance` from `now` (A-10)."""
    try:
        issued = read_date_time(text or "")
    except ValueError as error:
        raise ProtocolError(Code.REQUEST_STALE, f"IssueInstant: {error}", reason="stale") from error
    if abs(now - issued) > tolerance:
        raise ProtocolError(Code.REQUEST_STALE, "IssueInstant is too far from now", reason="stale")
    return issued


def check_not_on_or_after(text: str | None, clock_skew: timedelta, now: datetime) -> None:
    """Refuse a request whose own NotOnOrAfter has come (SAML Core 3.7.1; L-03); many have none."""
    if text is None:
        return
    try:
        ends = read_date_time(text)
    except ValueError as error:
        raise ProtocolError(Code.REQUEST_STALE, f"NotOnOrAfter: {error}", reason="stale") from error
    if now >= ends + clock_skew:
        raise ProtocolError(Code.REQUEST_STALE, "NotOnOrAfter has come", reason="stale")


def check_destination(destination: str | None, ours: frozenset[str], *, signed: bool) -> None:
    """Accept our own URL of this binding; none only where nothing is signed (SAML Bindings 3.4.5.2, 3.5.5.2; A-12)."""
    if destination is None and not signed:
        return
    if destination is None or destination not in ours:
        raise ProtocolError(Code.WRONG_DESTINATION, "Destination is not the URL that was called")


def check_relay_state(relay_state: str | None, *, strict: bool) -> None:
    """Refuse a RelayState of more than 80 octets where the site is strict (A-14)."""
    if strict and is_long_relay_state(relay_state):
        raise _malformed(f"RelayState has more than {LONGEST_RELAY_STATE_OCTETS} octets")


def is_long_relay_state(relay_state: str | None) -> bool:
    """Tell a RelayState longer than the standard allows, for the log."""
    return relay_state is not None and len(relay_state.encode()) > LONGEST_RELAY_STATE_OCTETS


def check_flag(name: str, text: str | None) -> bool:
    """Give an optional xs:boolean; absent is false."""
    try:
        return False if text is None else read_boolean(text)
    except ValueError as error:
        raise _malformed(f"{name}: {error}") from error


def _malformed(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, detail)
