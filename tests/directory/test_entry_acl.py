"""The access rules for credentials that are entries of their own, on a real server (X-05, D10)."""

from typing import Any

import ldap3
import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.entries import entry_dn
from idp.directory.site import DirectorySite
from idp.plugin import entry_kind
from tests.directory.test_acl import TARGET, WHO, connected_as
from tests.parts.slapd import RunningSlapd

CARD = entry_kind("card")
DN = f"warifuCredentialName=card-1,{TARGET}"
SEEN = {"verifier", "helpdesk", "replication"}
MAY = {
    ("warifuCredentialSecret", "read"): {"verifier", "replication"},
    ("warifuCredentialSecret", "filter"): {"replication"},
    ("warifuCredentialSecret", "compare"): {"replication"},
    ("warifuCredentialSecret", "replace"): {"enrol"},
    ("warifuCredentialSecret", "delete"): {"enrol", "helpdesk"},
    ("warifuCredentialState", "read"): SEEN,
    ("warifuCredentialState", "replace"): {"verifier", "enrol"},
    ("warifuCredentialState", "delete"): {"verifier", "enrol", "helpdesk"},
    ("warifuCredentialLabel", "read"): SEEN,
    ("warifuCredentialLabel", "replace"): {"verifier", "enrol"},
    ("warifuCredentialBoundAt", "read"): SEEN,
    ("warifuCredentialBoundAt", "replace"): {"enrol"},
    ("warifuCredentialKind", "read"): {*SEEN, "enrol"},
    ("warifuCredentialKind", "replace"): set(),
    ("objectClass", "read"): {*SEEN, "enrol"},
}
VALUES = {"warifuCredentialBoundAt": b"20260401000000Z"}


@pytest.fixture
def target(site: DirectorySite) -> Subject:
    """Somebody with one credential, as it stood before anybody tried anything."""
    subject = site.people.find("target")
    assert subject is not None
    site.credentials.remove(subject, CARD)
    values = {"label": b"a label", "state": b"1", "bound_at": b"20260401000000Z"}
    assert site.credentials.insert(subject, CARD, values, {"secret": Secret(b"a secret")}, {}, at_most=1)
    return subject


def _may(connection: Any, attribute: str, what: str) -> bool:
    if what == "read":
        connection.search(DN, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        return any(item["raw_attributes"].get(attribute) for item in connection.response if "raw_attributes" in item)
    if what == "filter":
        return bool(connection.search(DN, f"({attribute}=*)", ldap3.BASE) and connection.response)
    if what == "compare":
        connection.compare(DN, attribute, b"value")
        return connection.result["result"] in {5, 6}
    change = {"replace": ldap3.MODIFY_REPLACE, "delete": ldap3.MODIFY_DELETE}[what]
    values = [] if what == "delete" else [VALUES.get(attribute, b"value")]
    return bool(connection.modify(DN, {attribute: [(change, values)]}))


@pytest.mark.usefixtures("target")
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("attribute", "what"), [pytest.param(*row, id=f"X-05-{row[0]}-{row[1]}") for row in MAY])
def test_the_rules_let_nobody_else_at_a_credential(slapd: RunningSlapd, who: str, attribute: str, what: str) -> None:
    with connected_as(slapd, who) as connection:
        assert _may(connection, attribute, what) == (who in MAY[attribute, what])


@pytest.mark.usefixtures("target")
@pytest.mark.parametrize("who", WHO)
def test_x05_a_person_s_credentials_are_seen_by_the_roles_alone(slapd: RunningSlapd, who: str) -> None:
    with connected_as(slapd, who) as connection:
        connection.search(TARGET, "(objectClass=*)", ldap3.LEVEL, attributes=["1.1"])
        seen = [each for each in connection.response or () if "dn" in each]
    assert bool(seen) == (who in {*SEEN, "enrol"})


@pytest.mark.parametrize("who", WHO)
def test_x05_only_enrolment_makes_a_credential_s_entry(slapd: RunningSlapd, target: Subject, who: str) -> None:
    values = {"warifuCredentialKind": "card", "warifuCredentialId": "x"}
    with connected_as(slapd, who) as connection:
        made = connection.add(entry_dn(target, "card-77"), "warifuCredential", values)
    if made:
        with connected_as(slapd, "enrol") as connection:
            assert not connection.delete(entry_dn(target, "card-77"))
        slapd.server.apply(f"dn: {entry_dn(target, 'card-77')}\nchangetype: delete\n")
    assert made == (who == "enrol")


@pytest.mark.parametrize("below", [PEOPLE_DN, TARGET], ids=["among people", "below a person"])
@pytest.mark.parametrize("classes", [["inetOrgPerson"], ["warifuCredential", "simpleSecurityObject", "uidObject"]])
def test_x05_enrolment_makes_nobody_an_account(slapd: RunningSlapd, below: str, classes: list[str]) -> None:
    name = "uid=mallory" if classes == ["inetOrgPerson"] else "warifuCredentialName=card-9"
    values = {"cn": "M", "sn": "M"} if classes == ["inetOrgPerson"] else {
        "warifuCredentialKind": "card", "warifuCredentialId": "x", "uid": "mallory", "userPassword": "known to Mallory"
    }  # fmt: skip
    with connected_as(slapd, "enrol") as connection:
        assert not connection.add(f"{name},{below}", classes, values)
