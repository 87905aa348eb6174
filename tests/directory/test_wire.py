"""Our requests are, byte for byte, what ldap3 would have written; a value cannot become a part of a filter (W-01)."""

from typing import Any

import ldap3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.bind import bind_operation
from ldap3.operation.extended import extended_operation
from ldap3.operation.modify import modify_operation
from ldap3.operation.search import search_operation
from ldap3.protocol.convert import build_controls_list
from ldap3.protocol.rfc4511 import LDAPMessage, MessageID, ProtocolOp
from ldap3.utils.asn1 import encode
from ldap3.utils.conv import escape_filter_chars

from idp.directory.wire import (
    Change,
    Query,
    bind_request,
    control,
    extended_request,
    message,
    modify_request,
    search_request,
)

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=300)
OCTETS = st.binary(min_size=1, max_size=300)


def _written_by_ldap3(kind: str, operation: Any, controls: Any = None) -> bytes:
    whole = LDAPMessage()
    whole["messageID"] = MessageID(7)
    whole["protocolOp"] = ProtocolOp().setComponentByName(kind, operation)
    if controls:
        whole["controls"] = build_controls_list(controls)
    return bytes(encode(whole))


def _searched(base: str, text: str, names: list[str]) -> Any:
    return search_operation(
        base, text, ldap3.SUBTREE, ldap3.DEREF_NEVER, names, 2, 3, False, True, True, None, None, False
    )


@given(TEXTS.map(str.strip).filter(bool))  # ldap3 takes blanks off the ends; we leave names as they are
def test_a_name_in_a_filter_is_only_a_value(name: str) -> None:
    text = f"(&(objectClass=person)(|(uid={escape_filter_chars(name)})(!(mail={escape_filter_chars(name)}))))"
    query = Query("(&(objectClass=person)(|(uid={username})(!(mail={username}))))", "{username}")

    ours = search_request("ou=x", "subtree", query.write(name.encode()), ("uid", "mail"), limit=2, seconds=3)

    assert message(7, ours) == _written_by_ldap3("searchRequest", _searched("ou=x", text, ["uid", "mail"]))


@pytest.mark.parametrize(
    "name", ["*", "*)(uid=*", "\\2a", ")(|(uid=*))", ',+"\\<>;=#'], ids=lambda name: f"W-01-{name}"
)
def test_what_looks_like_a_filter_stays_one_equality(name: str) -> None:
    written = Query("(uid={value})").write(name.encode())

    assert written[0] == 0xA3
    assert written.endswith(bytes((0x04, len(name))) + name.encode())


@given(TEXTS, OCTETS)
def test_a_bind_is_written_as_ldap3_does(dn: str, password: bytes) -> None:
    theirs = _written_by_ldap3(
        "bindRequest", bind_operation(3, ldap3.SIMPLE, dn, password), [("1.3.6.1.4.1.42.2.27.8.5.1", False, None)]
    )

    assert message(7, bind_request(dn, password), control("1.3.6.1.4.1.42.2.27.8.5.1")) == theirs


@given(TEXTS, OCTETS, OCTETS)
def test_a_modification_is_written_as_ldap3_does(dn: str, old: bytes, new: bytes) -> None:
    changes: list[Change] = [("delete", "a", (old,)), ("add", "a", (new,)), ("replace", "b", ())]
    theirs = modify_operation(
        dn,
        {"a": [(ldap3.MODIFY_DELETE, [old]), (ldap3.MODIFY_ADD, [new])], "b": [(ldap3.MODIFY_REPLACE, [])]},
        False,
        None,
        None,
        False,
    )

    assert message(7, modify_request(dn, changes)) == _written_by_ldap3("modifyRequest", theirs)


def test_an_extended_operation_is_written_as_ldap3_does() -> None:
    oid = "1.3.6.1.4.1.4203.1.11.3"

    assert message(7, extended_request(oid)) == _written_by_ldap3("extendedReq", extended_operation(oid))


@pytest.mark.parametrize("template", ["", "uid={value}", "(uid={value}", "(uid={value}))", "(&)x", "()"])
def test_what_is_no_filter_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="is not a filter"):
        Query(template)
