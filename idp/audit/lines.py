"""An event as Shibboleth's line and as a line of JSON; no value can forge a line or a field (security.md W-15)."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter

import structlog

from idp.audit.event import AuditEvent
from idp.core.clock import instant

LONGEST = 1024
"""Characters of one field; the rest is cut off and an ellipsis stands for it."""

LONG_LINE = 4 * LONGEST
"""Characters of a line of JSON from which on its fields are cut."""

FORGING = re.compile(
    "[|\\\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What ends a field or a line, moves a terminal's cursor, hides or turns round what a person reads, or is no text."""

FORGING_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)

SHORT = {
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect": "Redirect",
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST": "POST",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:transient": "transient",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent": "persistent",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress": "emailAddress",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:Password": "password",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport": "password",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm": "AES128-GCM",
    "http://www.w3.org/2009/xmlenc11#aes256-gcm": "AES256-GCM",
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc": "AES128-CBC",
    "http://www.w3.org/2001/04/xmlenc#aes256-cbc": "AES256-CBC",
}
"""How Shibboleth shortens URIs in its line."""

FIELDS = tuple(name for name in AuditEvent.__slots__ if name != "event_time")
_values_of = attrgetter(*FIELDS)
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=instant)
_render = structlog.processors.JSONRenderer(serializer=lambda values, **_: _encoder.encode(values))


def shibboleth_line(event: AuditEvent, written: datetime) -> bytes:
    """Write the 21 fields in the format of Shibboleth 4 and 5, ended by a newline.

    Beside the format: `|`, backslash, controls and what hides or reverses text are written as `\\uXXXX` in every field,
    in the User-Agent too; an absent User-Agent is `null`.
    """
    fields = (
        event.client_address,
        _instant(event.start_time),
        _instant(event.event_time or written),
        event.username,
        event.entity_id,
        event.assertion_id,
        _short(event.authn_context),
        _instant(event.authn_instant),
        ",".join(event.attributes),
        event.name_id,
        _short(event.name_id_format),
        _truth(event.reused),
        _truth(event.request_signed),
        _short(event.encryption_algorithm),
        _short(event.request_binding),
        _short(event.response_binding),
        event.event,
        event.status,
        event.sub_status,
        event.session_reference,
        event.user_agent or "null",
    )
    line = "|".join(fields)
    if (
        not _is_plain(line)
        or line.count("|") != len(fields) - 1
        or fields[8].count(",") >= max(1, len(event.attributes))
    ):
        attributes = ",".join(_escaped(each).replace(",", "\\u002c") for each in event.attributes)
        line = "|".join((*map(_escaped, fields[:8]), attributes, *map(_escaped, fields[9:])))
    return (line + "\n").encode()


def json_line(event: AuditEvent, written: datetime) -> bytes:
    """Write every field that says something as one line of JSON."""
    values: dict[str, object] = {"time": event.event_time or written}
    values |= {name: value for name, value in zip(FIELDS, _values_of(event), strict=True) if value or value is False}
    text = str(_render(None, "", values))
    if len(text) > LONG_LINE:
        text = str(_render(None, "", {name: _shortened(value) for name, value in values.items()}))
    return (printable(text) + "\n").encode()


def printable(json_text: str) -> str:
    """Escape in JSON what JSON itself lets through and a terminal or a reader would act on."""
    return json_text if json_text.isprintable() else FORGING_IN_JSON.sub(_escape, json_text)


def _shortened(value: object) -> object:
    if isinstance(value, str):
        return _cut(value)
    return [_cut(item) for item in value] if isinstance(value, tuple) else value


def _is_plain(line: str) -> bool:
    """Whether no character can need escaping; most lines are so, and one look at the whole is quick."""
    return len(line) <= LONGEST and line.isprintable() and "\\" not in line


def _escaped(text: str) -> str:
    return FORGING.sub(_escape, _cut(text))


def _escape(match: re.Match[str]) -> str:
    point = ord(match[0])
    if point < 0x10000:
        return f"\\u{point:04x}"
    point -= 0x10000
    return f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _short(uri: str, names: Mapping[str, str] = SHORT) -> str:
    return names.get(uri, uri)


def _instant(moment: datetime | None) -> str:
    return instant(moment) if moment else ""


def _truth(value: bool | None) -> str:  # noqa: FBT001 - a field of the line, not a switch
    return "" if value is None else str(value).lower()
