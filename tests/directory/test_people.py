"""Finding people, reading their entries, proving their passwords (security.md 2F)."""

from dataclasses import replace
from datetime import timedelta
from statistics import median
from time import monotonic

import pytest

from idp.cli.slapd_entries import GROUPS_DN, PEOPLE_DN
from idp.core.errors import ConfigError, DependencyError
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.record import AccountState
from idp.directory.site import DirectorySite
from idp.plugin.tools import BindState
from tests.directory.conftest import Open, SettableClock
from tests.parts.shim import Shim
from tests.parts.slapd import RunningSlapd, person

WRONG_NAMES = {
    "W-01-star": "*",
    "W-01-suffix-star": "ali*",
    "W-01-closing": "*)(uid=*",
    "W-01-or": ")(|(uid=*))",
    "W-01-hex-escape": "\\2a",
    "W-01-dn-special": ',+"\\<>;=#',
    "W-01-nul": "alice\0",
    "W-03-empty": "",
    "W-03-blank": " ",
    "W-03-tab": "\t",
    "W-03-wide-blank": "\u3000",
    "W-03-long": "a" * 10_000,
    "W-03-surrogate": "\ud800",
}


@pytest.mark.parametrize("username", [pytest.param(value, id=name) for name, value in WRONG_NAMES.items()])
def test_a_name_that_is_no_name_finds_nobody(site: DirectorySite, username: str) -> None:
    assert site.people.find(username) is None


@pytest.mark.parametrize("username", [pytest.param(v, id=k) for k, v in WRONG_NAMES.items() if k.startswith("W-03")])
def test_a_name_that_cannot_be_one_is_not_asked_for(open_site: Open, slapd: RunningSlapd, username: str) -> None:
    shim = Shim(("127.0.0.1", slapd.server.port))
    people = open_site(slapd, uris=(shim.uri,)).people

    assert people.find(username) is None
    assert shim.connections == 0
    shim.close()


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("ALICE", id="W-09-case"),
        pytest.param(" alice ", id="W-09-blanks"),
        pytest.param("ａｌｉｃｅ", id="W-09-full-width"),
        pytest.param("alice@example.ac.jp", id="W-09-alias-mail"),
    ],
)
def test_every_spelling_is_one_person(open_site: Open, slapd: RunningSlapd, typed: str) -> None:
    people = open_site(slapd, user_filter="(|(uid={username})(mail={username}))").people
    alice = people.find("alice")

    assert alice is not None
    assert people.find(typed) == alice
    assert alice.username == "alice"


def test_w14_two_entries_of_one_name_are_nobody(open_site: Open, slapd: RunningSlapd) -> None:
    people = open_site(slapd, user_filter="(mail={username})").people

    assert people.find("twin@example.ac.jp") is None
    assert people.find("alice@example.ac.jp") is not None


@pytest.mark.parametrize("value", [b"alice@example.ac.jp", b"ALICE@example.ac.jp"])
def test_an_entry_is_found_by_what_an_attribute_of_it_says(site: DirectorySite, value: bytes) -> None:
    assert site.people.find_by("mail", value) == site.people.find("alice")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"twin@example.ac.jp", id="R-14-two-entries"),
        pytest.param(b"nobody@example.ac.jp", id="R-14-none"),
        pytest.param(b"*", id="R-14-star"),
        pytest.param(b"alice@example.ac.jp)(uid=*", id="R-14-filter"),
        pytest.param(b"alice@example.ac.jp\0", id="R-14-nul"),
        pytest.param(b"\xff\xfe", id="R-14-no-text"),
    ],
)
def test_what_two_entries_say_or_none_is_nobodys(site: DirectorySite, value: bytes) -> None:
    assert site.people.find_by("mail", value) is None


def test_an_entry_holds_the_very_octets(site: DirectorySite) -> None:
    alice, bob = site.people.find("alice"), site.people.find("bob")
    assert alice is not None
    assert bob is not None

    assert site.people.holds(alice, "mail", b"alice@example.ac.jp")
    assert not site.people.holds(alice, "mail", b"ALICE@example.ac.jp")
    assert not site.people.holds(bob, "mail", b"alice@example.ac.jp")
    assert not site.people.holds(replace(alice, id=bob.id), "mail", b"alice@example.ac.jp")
    assert not site.people.holds(replace(alice, dn=f"uid=gone,{PEOPLE_DN}"), "mail", b"alice@example.ac.jp")


def test_w14_an_alias_is_nobody(site: DirectorySite, slapd: RunningSlapd) -> None:
    slapd.server.apply(
        f"dn: uid=alicealias,{PEOPLE_DN}\nchangetype: add\nobjectClass: alias\nobjectClass: extensibleObject\n"
        f"uid: alicealias\naliasedObjectName: uid=alice,{PEOPLE_DN}\n"
    )

    assert site.people.find("alicealias") is None


def test_a_filter_must_say_where_the_name_goes(open_site: Open, slapd: RunningSlapd) -> None:
    with pytest.raises(ConfigError, match="user_filter"):
        open_site(slapd, user_filter="(uid=alice)")


def test_a_login_gets_attributes_without_another_search(open_site: Open, slapd: RunningSlapd) -> None:
    shim = Shim(("127.0.0.1", slapd.server.port))
    people = open_site(slapd, uris=(shim.uri,), start_tls=False, ca=None).people
    alice = people.find("alice")
    assert alice is not None
    before = len(shim.sent)

    attributes = people.attributes(alice)

    assert attributes["mail"] == ("alice@example.ac.jp",)
    assert attributes["displayname"] == ("愛 佐藤",)
    assert set(attributes["memberof"]) == {f"cn=staff,{GROUPS_DN}", f"cn=vpn,{GROUPS_DN}"}
    assert "userpassword" not in attributes
    assert len(shim.sent) == before
    shim.close()


@pytest.mark.parametrize(
    ("username", "state"),
    [
        pytest.param("alice", BindState.ACCEPTED, id="right"),
        pytest.param("unicode", BindState.ACCEPTED, id="W-13-exact-octets"),
        pytest.param("comma", BindState.ACCEPTED, id="escaped-dn"),
        pytest.param("locked", BindState.LOCKED, id="W-12-locked"),
        pytest.param("expired", BindState.EXPIRED, id="W-12-expired"),
        pytest.param("reset", BindState.MUST_CHANGE, id="W-12-must-change"),
    ],
)
def test_the_directory_says_what_a_right_password_is_worth(
    site: DirectorySite, username: str, state: BindState
) -> None:
    subject = site.people.find(username)
    password = person("comma\\2Cname" if username == "comma" else username).password

    assert site.people.bind(subject, password).state is state


@pytest.mark.parametrize("username", ["alice", "expired", "reset", None])
def test_a_wrong_password_is_only_wrong(site: DirectorySite, username: str | None) -> None:
    subject = site.people.find(username) if username else None

    assert site.people.bind(subject, Secret("not it")).state is BindState.WRONG


def test_a_wrong_password_does_not_spoil_the_connection_for_the_next(site: DirectorySite) -> None:
    alice = site.people.find("alice")

    states = [site.people.bind(alice, word).state for word in (Secret("no"), person("alice").password, Secret("no"))]

    assert states == [BindState.WRONG, BindState.ACCEPTED, BindState.WRONG]


@pytest.mark.parametrize("how", ["NFC", "NFD"])
def test_w13_composed_and_decomposed_are_different_passwords(site: DirectorySite, how: str) -> None:
    import unicodedata

    right = person("unicode").password.reveal().decode()
    other = unicodedata.normalize(how, right)

    state = site.people.bind(site.people.find("unicode"), Secret(other)).state

    assert (state is BindState.ACCEPTED) == (other == right)


@pytest.mark.parametrize(
    "password",
    [
        pytest.param(b"", id="W-02-empty"),
        pytest.param(b"   ", id="W-02-blank"),
        pytest.param(b"\0", id="W-02-nul"),
        pytest.param(b"alice's Password 1\0", id="W-02-nul-after"),
        pytest.param(b"x" * 1025, id="W-13-over-1-KiB"),
    ],
)
def test_an_impossible_password_is_never_sent(open_site: Open, own_slapd: RunningSlapd, password: bytes) -> None:
    own_slapd.server.apply(
        "dn: cn=config\nchangetype: modify\nreplace: olcAllows\nolcAllows: bind_anon_cred bind_anon_dn\n"
    )
    alice = open_site(own_slapd).people.find("alice")
    shim = Shim(("127.0.0.1", own_slapd.server.port))
    people = open_site(own_slapd, uris=(shim.uri,)).people

    assert people.bind(alice, Secret(password)).state is BindState.WRONG
    assert people.bind(None, Secret(password)).state is BindState.WRONG
    assert shim.connections == 0
    shim.close()


@pytest.mark.parametrize("size", [64, 128, 1024])
def test_w13_a_long_password_is_passed_unchanged(site: DirectorySite, slapd: RunningSlapd, size: int) -> None:
    password = "Pw" * (size // 2)
    dn = f"uid=long{size},{PEOPLE_DN}"
    slapd.server.apply(
        f"dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: L\nsn: L\nuserPassword: {password}\n"
    )
    subject = site.people.find(f"long{size}")

    assert site.people.bind(subject, Secret(password)).state is BindState.ACCEPTED
    assert site.people.bind(subject, Secret(password[:-1])).state is BindState.WRONG


def test_a_person_is_read_again_when_what_is_known_is_old(
    site: DirectorySite, slapd: RunningSlapd, clock: SettableClock
) -> None:
    dn = f"uid=moving,{PEOPLE_DN}"
    slapd.server.apply(
        f"dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: M\nsn: M\nmail: old@example.ac.jp\n"
    )
    subject = site.people.find("moving")
    assert subject is not None
    slapd.server.apply(f"dn: {dn}\nchangetype: modify\nreplace: mail\nmail: new@example.ac.jp\n")

    assert site.people.attributes(subject)["mail"] == ("old@example.ac.jp",)
    clock.now += timedelta(seconds=61)
    assert site.people.attributes(subject)["mail"] == ("new@example.ac.jp",)


def test_an_entry_is_followed_by_its_id(site: DirectorySite, slapd: RunningSlapd, clock: SettableClock) -> None:
    dn = f"uid=maiden,{PEOPLE_DN}"
    slapd.server.apply(f"dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: M\nsn: M\n")
    subject = site.people.find("maiden")
    assert subject is not None
    slapd.server.apply(f"dn: {dn}\nchangetype: modrdn\nnewrdn: uid=married\ndeleteoldrdn: 1\n")
    slapd.server.apply(f"dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: Another\nsn: A\n")
    clock.now += timedelta(seconds=61)

    record = site.people.person(subject)

    assert (record.subject.username, record.subject.id, record.state) == ("married", subject.id, AccountState.ACTIVE)


def test_a_deleted_entry_is_gone(site: DirectorySite, slapd: RunningSlapd, clock: SettableClock) -> None:
    dn = f"uid=leaving,{PEOPLE_DN}"
    slapd.server.apply(f"dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: L\nsn: L\n")
    subject = site.people.find("leaving")
    assert subject is not None
    slapd.server.apply(f"dn: {dn}\nchangetype: delete\n")

    assert site.people.person(subject, read_since=clock.now).state is AccountState.ACTIVE
    clock.now += timedelta(seconds=1)
    assert site.people.person(subject).state is AccountState.ACTIVE
    assert site.people.person(subject, read_since=clock.now).state is AccountState.GONE
    assert site.people.attributes(subject) == {}


def test_a_locked_account_is_seen_without_its_password(
    site: DirectorySite, slapd: RunningSlapd, clock: SettableClock
) -> None:
    subject = site.people.find("dave")
    assert subject is not None
    slapd.server.apply(
        f"dn: {subject.dn}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n"
    )
    clock.now += timedelta(seconds=61)

    assert site.people.account_state(subject) is AccountState.LOCKED

    slapd.server.apply(f"dn: {subject.dn}\nchangetype: modify\ndelete: pwdAccountLockedTime\n")


def test_nobody_is_found_where_there_are_no_people(open_site: Open, slapd: RunningSlapd) -> None:
    people = open_site(slapd, people_dn="ou=nobody,dc=example,dc=ac,dc=jp").people

    with pytest.raises(DependencyError, match="result 32"):
        people.find("alice")


def test_w08_nobodys_password_takes_as_long_as_a_wrong_one(site: DirectorySite) -> None:
    bob = site.people.find("bob")
    site.people.bind(bob, person("bob").password)

    def ask(subject: Subject | None) -> float:
        began = monotonic()
        assert site.people.bind(subject, Secret("not it")).state is BindState.WRONG
        return monotonic() - began

    pairs = [(ask(bob), ask(None)) for _ in range(15)]

    assert abs(median(real for real, _ in pairs) - median(nobody for _, nobody in pairs)) < 0.01
    site.people.bind(bob, person("bob").password)


def test_w10_a_password_does_not_stay_with_the_connection(site: DirectorySite) -> None:
    canary = Secret("canary-" + "7f3a" * 8)
    site.people.bind(site.people.find("carol"), canary)

    assert not any(
        canary.reveal() in repr(vars(item)).encode()
        for pool in site.pools
        for _, item in pool._idle
        for item in (item, item._connection, item._connection.strategy)
    )
