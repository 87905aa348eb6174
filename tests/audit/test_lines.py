"""The two forms of an audit line, and that no value can forge one (security.md W-15)."""

import json
import unicodedata
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.audit import AuditEvent, Decision
from idp.audit.lines import LONGEST, json_line, shibboleth_line
from tests.audit.conftest import NOW

TEXT_FIELDS = [field.name for field in fields(AuditEvent) if field.type is str]
HOSTILE = {
    "crlf": "alice\r\n192.0.2.9|forged",
    "lf": "a\nb",
    "cr": "a\rb",
    "pipe": "a|b",
    "ansi": "a\x1b[2J\x1b]0;title\x07b",
    "csi-c1": "a\x9b2Jb",
    "nel": "a\x85b",
    "line-separator": "a\u2028b",
    "paragraph-separator": "a\u2029b",
    "vertical-tab": "a\x0bb",
    "form-feed": "a\x0cb",
    "file-separator": "a\x1cb",
    "nul": "a\0b",
    "rtl-override": "a\u202eb",
    "zero-width": "a\u200bb",
    "tag": "a\U000e0041b",
    "surrogate": "a\ud800b",
    "backslash": "a\\u007cb",
    "quote": 'a","decision":"accepted',
}


def test_the_line_is_shibboleths(login: AuditEvent) -> None:
    """shibboleth.md 6.1: %a|%ST|%T|%u|%SP|%i|%ac|%t|%attr|%n|%f|%SSO|%XX|%XA|%b|%bb|%e|%S|%SS|%s|%UA."""
    expected = (
        "192.0.2.1|2026-04-01T09:00:00.000Z|2026-04-01T09:00:01.500Z|alice|https://sp.example.org/shibboleth|_a1|"
        "password|2026-04-01T08:59:59.001Z|mail,displayName|_n1|transient|false|true|AES128-GCM|Redirect|POST||"
        "Success||0123456789abcdef|Mozilla/5.0 (X11)\n"
    )

    assert shibboleth_line(login, NOW).decode() == expected


def test_what_is_unknown_is_empty_and_an_absent_user_agent_is_null(refusal: AuditEvent) -> None:
    expected = "||2026-04-01T09:00:01.500Z||||||||||||||REQUEST_REPLAYED||||null\n"

    assert shibboleth_line(refusal, NOW).decode() == expected
    assert expected.count("|") == 20


def test_a_reader_of_shibboleths_log_finds_its_fields(login: AuditEvent) -> None:
    """The counters of federations split at `|` and read user, service provider and status by position."""
    found = shibboleth_line(login, NOW).decode().rstrip("\n").split("|")

    assert (found[3], found[4], "success" in found[17].lower()) == ("alice", login.entity_id, True)


def test_the_json_line_has_what_was_decided_and_why(login: AuditEvent, refusal: AuditEvent) -> None:
    written = json.loads(json_line(login, NOW))
    refused = json.loads(json_line(refusal, NOW))

    assert written["decision"] == "accepted"
    assert written["methods"] == ["password", "totp"]
    assert (written["network"], written["rule"], written["conversation"]) == ("campus", "everybody", "fedcba9876543210")
    assert written["dropped_attributes"] == ["eppn"]
    assert written["reused"] is False
    assert written["time"] == "2026-04-01T09:00:01.500Z"
    assert refused == {
        "time": "2026-04-01T09:00:01.500Z",
        "event": "REQUEST_REPLAYED",
        "decision": "refused",
        "code": "P104",
        "reason": "replay",
    }


@pytest.mark.parametrize("value", [pytest.param(text, id=f"W-15-{name}") for name, text in HOSTILE.items()])
def test_no_value_forges_a_line_or_a_field(value: str) -> None:
    texts = dict.fromkeys(TEXT_FIELDS, value)
    event = AuditEvent(decision=Decision.WRONG, attributes=(value, "mail"), methods=(value,), **texts)

    line, written = shibboleth_line(event, NOW).decode(), json_line(event, NOW).decode()

    assert line.count("|") == 20
    for text in (line, written):
        assert text.splitlines() == [text[:-1]]
        assert harmless(text[:-1])
    assert json.loads(written)["decision"] == "wrong"
    if "\ud800" not in value:
        assert json.loads(written)["username"] == value


@pytest.mark.parametrize("value", [pytest.param("mail,eppn", id="W-15-comma")])
def test_no_attribute_forges_a_second_one(value: str, login: AuditEvent) -> None:
    line = shibboleth_line(replace(login, attributes=(value, "cn")), NOW).decode()

    assert line.split("|")[8].split(",") == ["mail\\u002ceppn", "cn"]


def test_an_escaped_value_cannot_be_taken_for_another(login: AuditEvent) -> None:
    lines = {shibboleth_line(replace(login, username=name), NOW) for name in ("a|b", "a\\u007cb", "a\\\\u007cb")}

    assert len(lines) == 3


def test_names_of_people_stay_readable(login: AuditEvent) -> None:
    event = replace(login, username="山田 太郎 👩‍💻".replace("\u200d", ""))

    assert "山田 太郎 👩💻" in shibboleth_line(event, NOW).decode()
    assert "山田 太郎 👩💻" in json_line(event, NOW).decode()


def test_a_field_has_an_end(login: AuditEvent) -> None:
    event = replace(login, user_agent="x" * 1_000_000)

    assert shibboleth_line(event, NOW).decode().rstrip().endswith("x" * LONGEST + "…")
    assert len(json_line(event, NOW)) < 3000


@given(text=st.text(st.characters(), max_size=60))
def test_w15_whatever_the_text_there_is_one_line_of_21_fields(text: str) -> None:
    event = AuditEvent(decision=Decision.WRONG, username=text, user_agent=text, attributes=(text,))

    line, written = shibboleth_line(event, NOW).decode(), json_line(event, NOW).decode()

    assert (len(line.splitlines()), len(written.splitlines()), line.count("|")) == (1, 1, 20)
    assert harmless(line[:-1])
    assert harmless(written[:-1])


def harmless(text: str) -> bool:
    """Whether nothing in it moves a terminal's cursor or turns the reading direction."""
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return not any(unicodedata.category(c) == "Cc" or unicodedata.bidirectional(c) in turning for c in text)
