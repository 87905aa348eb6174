"""The access rules of conf/ldap/acl.ldif on a real server: who may read, search by, compare and change (X-05, D10)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ldap3
import pytest

from idp.cli.slapd_entries import ENROL_DN, HELPDESK_DN, PEOPLE_DN, REPLICATION_DN, VERIFIER_DN
from idp.core.secret import Secret
from idp.directory.site import DirectorySite
from tests.directory.conftest import TOTP
from tests.parts.slapd import (
    ENROL_PASSWORD,
    HELPDESK_PASSWORD,
    REPLICATION_PASSWORD,
    VERIFIER_PASSWORD,
    RunningSlapd,
    person,
)

TARGET = f"uid=target,{PEOPLE_DN}"
WHO = {
    "anonymous": None,
    "self": (TARGET, person("target").password),
    "other": (f"uid=bob,{PEOPLE_DN}", person("bob").password),
    "helpdesk": (HELPDESK_DN, HELPDESK_PASSWORD),
    "verifier": (VERIFIER_DN, VERIFIER_PASSWORD),
    "enrol": (ENROL_DN, ENROL_PASSWORD),
    "replication": (REPLICATION_DN, REPLICATION_PASSWORD),
}
MAY = {
    ("oathSecret", "read"): {"verifier", "replication"},
    ("oathSecret", "filter"): {"replication"},
    ("oathSecret", "compare"): {"replication"},
    ("oathSecret", "replace"): {"enrol"},
    ("oathSecret", "delete"): {"enrol", "helpdesk"},
    ("oathTOTPLastTimeStep", "read"): {"verifier", "helpdesk", "replication"},
    ("oathTOTPLastTimeStep", "filter"): {"verifier", "helpdesk", "replication"},
    ("oathTOTPLastTimeStep", "replace"): {"verifier", "enrol"},
    ("oathTOTPLastTimeStep", "delete"): {"verifier", "enrol", "helpdesk"},
    ("oathTokenIdentifier", "read"): {"self", "verifier", "enrol", "helpdesk", "replication"},
    ("oathTokenIdentifier", "replace"): {"verifier", "enrol"},
    ("userPassword", "read"): {"replication"},
    ("userPassword", "filter"): {"replication"},
    ("userPassword", "replace"): {"helpdesk"},
    ("mail", "read"): {"self", "verifier", "enrol", "helpdesk", "replication"},
    ("mail", "replace"): set(),
    ("title", "add"): set(),
}
VALUES = {"oathSecret": b"a secret of the test", "oathTOTPLastTimeStep": b"41", "oathTokenIdentifier": b"an id"}


@pytest.fixture
def target(site: DirectorySite) -> None:
    """Somebody with an app registered, as it stood before anybody tried anything."""
    subject = site.people.find("target")
    assert subject is not None
    site.credentials.add(subject, TOTP, {"last_step": b"41"}, {"secret": Secret(b"a secret of the test")}, {})


@contextmanager
def connected_as(slapd: RunningSlapd, who: str) -> Iterator[Any]:
    account = WHO[who]
    user, password = (account[0], account[1].reveal()) if account else (None, None)
    connection = ldap3.Connection(ldap3.Server(slapd.uri, get_info=ldap3.NONE), user, password, check_names=False)
    assert connection.bind()
    try:
        yield connection
    finally:
        connection.unbind()


def _may(connection: Any, attribute: str, what: str) -> bool:
    value = VALUES.get(attribute, b"value")
    if what == "read":
        connection.search(TARGET, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        return any(item["raw_attributes"].get(attribute) for item in connection.response if "raw_attributes" in item)
    if what == "filter":
        return bool(connection.search(TARGET, f"({attribute}=*)", ldap3.BASE) and connection.response)
    if what == "compare":
        connection.compare(TARGET, attribute, value)
        return connection.result["result"] in {5, 6}
    change = {"replace": ldap3.MODIFY_REPLACE, "delete": ldap3.MODIFY_DELETE, "add": ldap3.MODIFY_ADD}[what]
    return bool(connection.modify(TARGET, {attribute: [(change, [] if what == "delete" else [value])]}))


@pytest.mark.usefixtures("target")
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    ("attribute", "what"), [pytest.param(*row, id=f"X-05-{row[0]}-{row[1]}") for row in MAY if row[0] != "userPassword"]
)
def test_the_rules_let_nobody_else(slapd: RunningSlapd, who: str, attribute: str, what: str) -> None:
    with connected_as(slapd, who) as connection:
        assert _may(connection, attribute, what) == (who in MAY[attribute, what])


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("what", ["read", "filter"])
def test_x05_password_hashes_are_for_replication_only(slapd: RunningSlapd, who: str, what: str) -> None:
    with connected_as(slapd, who) as connection:
        assert _may(connection, "userPassword", what) == (who == "replication")


@pytest.mark.parametrize("who", [who for who in WHO if who not in {"self", "helpdesk"}])
def test_x05_nobody_but_the_help_desk_sets_a_password(slapd: RunningSlapd, who: str) -> None:
    with connected_as(slapd, who) as connection:
        assert not _may(connection, "userPassword", "replace")


@pytest.mark.usefixtures("target")
@pytest.mark.parametrize("who", WHO)
def test_x05_only_enrolment_and_help_desk_touch_the_class(slapd: RunningSlapd, who: str) -> None:
    with connected_as(slapd, who) as connection:
        other = connection.modify(TARGET, {"objectClass": [(ldap3.MODIFY_ADD, ["pkiUser"])]})
        assert not other
        assert connection.result["result"] in {50, 32, 8, 53}


def test_x05_a_secret_is_reset_by_the_help_desk_and_not_seen(
    slapd: RunningSlapd, site: DirectorySite, target: None
) -> None:
    subject = site.people.find("target")
    assert subject is not None
    with connected_as(slapd, "helpdesk") as connection:
        assert connection.modify(
            TARGET,
            {
                "oathSecret": [(ldap3.MODIFY_DELETE, [])],
                "oathTOTPLastTimeStep": [(ldap3.MODIFY_DELETE, [])],
            },
        )

    assert site.credentials.list(subject, TOTP) == ()
