"""The entries a private slapd starts with: the tree, the service accounts, groups and people."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha1
from secrets import token_bytes

from idp.core.secret import Secret

SUFFIX = "dc=example,dc=ac,dc=jp"
PEOPLE_DN = f"ou=people,{SUFFIX}"
GROUPS_DN = f"ou=groups,{SUFFIX}"
SERVICES_DN = f"ou=services,{SUFFIX}"
ADMIN_DN = f"cn=admin,{SUFFIX}"
VERIFIER_DN = f"cn=warifu,{SERVICES_DN}"
ENROL_DN = f"cn=warifu-enrol,{SERVICES_DN}"
HELPDESK_DN = f"cn=helpdesk,{SERVICES_DN}"
REPLICATION_DN = f"cn=replication,{SERVICES_DN}"

MAX_PASSWORD_FAILURES = 100
"""The directory's own lock: more than our budgets let through in its 15 minutes, so that only ours ever falls and a
stranger locks nobody out (plugins/password, security.md W-11); the most that NIST SP 800-63B-4 3.2.2 allows."""

_FOREVER = "000001010000Z"
_LONG_AGO = "20200101000000Z"


class AccountState(StrEnum):
    """What a directory may say of an account (`state` of the contract's accounts.json)."""

    NORMAL = "normal"
    LOCKED = "locked"
    EXPIRED = "expired"
    MUST_CHANGE = "must-change"


@dataclass(frozen=True, slots=True)
class Person:
    """One person to be; `username` names the entry and stands for itself in a DN, `extra` adds attributes."""

    username: str
    password: Secret
    given_name: str
    surname: str
    mail: str
    groups: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ("member",)
    state: AccountState = AccountState.NORMAL
    object_classes: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def dn(self) -> str:
        """Where the entry is."""
        return f"uid={self.username},{PEOPLE_DN}"


@dataclass(frozen=True, slots=True)
class ServicePasswords:
    """The passwords of the accounts under ou=services; one left out makes no account."""

    verifier: Secret
    enrol: Secret | None = None
    helpdesk: Secret | None = None
    replication: Secret | None = None


def hash_password(password: Secret) -> str:
    """Give a salted {SSHA} value, what slapd compares a simple bind with (RFC 3112 gives the idea)."""
    salt = token_bytes(8)
    digest = sha1(password.reveal() + salt, usedforsecurity=False).digest()
    return "{SSHA}" + b64encode(digest + salt).decode()


def write_entries(people: Sequence[Person], services: ServicePasswords) -> str:
    """Give LDIF for slapadd: tree, policies, service accounts, groups and people."""
    parts = [*_tree(), *_policies(), *_services(services), *(_person(person) for person in people), *_groups(people)]
    return "\n".join(parts)


def _entry(dn: str, attributes: Iterable[tuple[str, str]]) -> str:
    return "".join(_line(name, value) for name, value in (("dn", dn), *attributes))


def _line(name: str, value: str) -> str:
    """Always base64 (RFC 2849): nothing in a value can start another line (security.md X-06)."""
    return f"{name}:: {b64encode(value.encode()).decode()}\n"


def _tree() -> list[str]:
    root = _entry(SUFFIX, (("objectClass", "dcObject"), ("objectClass", "organization"), ("o", "Example University")))
    units = ("people", "groups", "services", "policies")
    return [root, *(_entry(f"ou={unit},{SUFFIX}", (("objectClass", "organizationalUnit"),)) for unit in units)]


def _policies() -> list[str]:
    common = (
        ("objectClass", "device"),
        ("objectClass", "pwdPolicy"),
        ("pwdAttribute", "userPassword"),
        ("pwdLockout", "TRUE"),
        ("pwdMaxFailure", str(MAX_PASSWORD_FAILURES)),
        ("pwdFailureCountInterval", "900"),
        ("pwdLockoutDuration", "600"),
        ("pwdMustChange", "TRUE"),
        ("pwdAllowUserChange", "TRUE"),
    )
    aged = (("pwdMaxAge", "86400"),)
    return [
        _entry(f"cn=default,ou=policies,{SUFFIX}", common),
        _entry(f"cn=aged,ou=policies,{SUFFIX}", (*common, *aged)),
    ]


def _services(passwords: ServicePasswords) -> list[str]:
    accounts = (
        (VERIFIER_DN, passwords.verifier),
        (ENROL_DN, passwords.enrol),
        (HELPDESK_DN, passwords.helpdesk),
        (REPLICATION_DN, passwords.replication),
    )
    classes = (("objectClass", "organizationalRole"), ("objectClass", "simpleSecurityObject"))
    return [
        _entry(dn, (*classes, ("userPassword", hash_password(password))))
        for dn, password in accounts
        if password is not None
    ]


def _person(person: Person) -> str:
    name = f"{person.given_name} {person.surname}"
    attributes = [
        *(("objectClass", item) for item in ("inetOrgPerson", "eduPerson", *person.object_classes)),
        ("uid", person.username),
        ("givenName", person.given_name),
        ("sn", person.surname),
        ("cn", name),
        ("displayName", name),
        ("mail", person.mail),
        ("eduPersonPrincipalName", f"{person.username}@example.ac.jp"),
        *(("eduPersonAffiliation", item) for item in person.affiliations),
        ("userPassword", hash_password(person.password)),
        *(("memberOf", f"cn={group},{GROUPS_DN}") for group in person.groups),
        *((key, value) for key, values in person.extra.items() for value in values),
        *_state(person.state),
    ]
    return _entry(person.dn, attributes)


def _state(state: AccountState) -> list[tuple[str, str]]:
    if state is AccountState.LOCKED:
        return [("pwdAccountLockedTime", _FOREVER)]
    if state is AccountState.EXPIRED:
        return [("pwdChangedTime", _LONG_AGO), ("pwdPolicySubentry", f"cn=aged,ou=policies,{SUFFIX}")]
    if state is AccountState.MUST_CHANGE:
        return [("pwdReset", "TRUE")]
    return []


def _groups(people: Sequence[Person]) -> list[str]:
    names = sorted({group for person in people for group in person.groups})
    return [
        _entry(
            f"cn={name},{GROUPS_DN}",
            (("objectClass", "groupOfNames"), *(("member", person.dn) for person in people if name in person.groups)),
        )
        for name in names
    ]
