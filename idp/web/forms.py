"""Forms in and out: bounded, urlencoded, each field once, each form good for one step of one browser."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from flask import Request

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.core.secret import Secret

LARGEST_FORM_BYTES = 16 * 1024
MOST_FIELDS = 50
URLENCODED = "application/x-www-form-urlencoded"
EVENT = "_eventId_"
METHOD_EVENTS = {"clientcert": "certificate"}
"""Buttons named otherwise than the method they lead to; every other one bears its method's name."""


def read_body(request: Request, largest_bytes: int) -> bytes:
    """Give the body of a POST. Raises ProtocolError for what is no bounded urlencoded form (security.md A-02, A-03)."""
    if request.mimetype != URLENCODED:
        raise ProtocolError(Code.REQUEST_MALFORMED, f"content type {request.mimetype!r}", http_status=415)
    if request.content_length is None:
        raise ProtocolError(Code.REQUEST_MALFORMED, "no content length", http_status=411)
    if request.content_length > largest_bytes:
        raise ProtocolError(Code.REQUEST_TOO_LARGE, f"{request.content_length} octets", http_status=413)
    return request.get_data(cache=True)


def read_form(request: Request) -> dict[str, str]:
    """Give the fields of a form of ours, each of which may stand once."""
    body = read_body(request, LARGEST_FORM_BYTES)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise ProtocolError(Code.REQUEST_MALFORMED, "the form cannot be read") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ProtocolError(Code.REQUEST_MALFORMED, "a field stands twice")
    return fields


def event_of(fields: Mapping[str, str]) -> str:
    """Give the name of the button pressed; Enter is the main button."""
    events = [name.removeprefix(EVENT) for name in fields if name.startswith(EVENT)]
    return events[0] if len(events) == 1 else "proceed"


def event_for(method: str) -> str:
    """Give the name of the button that leads to a method."""
    return METHOD_EVENTS.get(method, method)


def method_for(event: str) -> str:
    """Give the method that a button would lead to, if there is one of that name."""
    return next((method for method, name in METHOD_EVENTS.items() if name == event), event)


class FormTokens:
    """Tokens over conversation, step and browser: a form comes back from where it was shown (security.md S-07).

    Made with `key`; a form that was shown under one of the `previous` keys still comes back (K-05).
    """

    def __init__(self, key: Secret, previous: Sequence[Secret] = ()) -> None:
        self._key = key
        self._keys = (key, *previous)

    def make(self, handle: str, step: int, browser_id: str) -> str:
        """Give the token of a form."""
        return f"{step}.{self._sign(self._key, handle, step, browser_id)}"

    def read_step(self, token: str, handle: str, browser_id: str) -> int:
        """Give the step that the form was shown at. Raises ProtocolError FORM_FORGED for a token not of our making."""
        step, _, signature = token.partition(".")
        if not (step.isascii() and step.isdigit() and len(step) < 6):
            raise ProtocolError(Code.FORM_FORGED, "no form token", http_status=403)
        given = signature.encode("utf-8", "replace")
        expected = [self._sign(key, handle, int(step), browser_id).encode("ascii") for key in self._keys]
        if not any(hmac.compare_digest(given, each) for each in expected):
            raise ProtocolError(Code.FORM_FORGED, "the form token is not of this page", http_status=403)
        return int(step)

    def _sign(self, key: Secret, handle: str, step: int, browser_id: str) -> str:
        message = f"form\0{handle}\0{step}\0{browser_id}".encode()
        return hmac.new(key.reveal(), message, hashlib.sha256).hexdigest()


def verify_origin(request: Request, base_url: str) -> None:
    """Refuse a POST whose Origin is another site's; an absent one, or "null", says nothing (design 6)."""
    origin = request.headers.get("Origin")
    if origin not in {None, "null", base_url}:
        raise ProtocolError(Code.FORM_FORGED, f"Origin {origin!r}", http_status=403)
