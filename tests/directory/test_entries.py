"""Credentials that are entries of their own: several of a kind, each sealed for its person and place (design 4)."""

from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from itertools import count
from threading import Barrier

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.codes import Code
from idp.core.errors import DependencyError, SealError
from idp.core.ldif import read_records
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.entries import entry_dn
from idp.directory.site import DirectorySite
from idp.plugin import Credential, CredentialKind, entry_kind
from tests.directory.conftest import Open
from tests.parts.slapd import RunningSlapd

CARD, KEY = entry_kind("card"), entry_kind("key")
SECRET = Secret(b"20 bytes of a secret")
_NUMBERS = count()

NewPerson = Callable[[], Subject]


@pytest.fixture
def new_person(site: DirectorySite, slapd: RunningSlapd) -> NewPerson:
    """Gives a function that adds somebody new, nothing but an inetOrgPerson."""

    def add() -> Subject:
        name = f"holder{next(_NUMBERS)}"
        slapd.server.apply(f"dn: uid={name},{PEOPLE_DN}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: N\nsn: N\n")
        subject = site.people.find(name)
        assert subject is not None
        return subject

    return add


def insert(site: DirectorySite, subject: Subject, label: str = "one", *, at_most: int = 5) -> Credential:
    values = {"label": label.encode(), "state": b"0"}
    made = site.credentials.insert(subject, CARD, values, {"secret": SECRET}, {"binding": "factor"}, at_most=at_most)
    assert made is not None
    return made


def _write(slapd: RunningSlapd, dn: str, attribute: str, value: bytes) -> None:
    slapd.server.apply(
        f"dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}:: {b64encode(value).decode()}\n"
    )


def _stored(slapd: RunningSlapd, subject: Subject, credential: Credential, attribute: str) -> bytes:
    """What stands in the directory."""
    records = read_records(BytesIO(slapd.server.dump().encode()))
    dn = entry_dn(subject, credential.name)
    return next(each.values[attribute.lower()][0] for each in records if each.dn.lower() == dn.lower())


def test_several_stand_side_by_side_and_come_back_as_they_were_given(
    site: DirectorySite, new_person: NewPerson
) -> None:
    subject = new_person()
    assert site.credentials.list(subject, CARD) == ()

    first, second = insert(site, subject, "機種変更前のスマホ"), insert(site, subject, "PC")

    assert site.credentials.list(subject, CARD) == (first, second)
    assert first.values == {"id": first.id.encode(), "label": "機種変更前のスマホ".encode(), "state": b"0"}
    assert (first.secrets, first.facts) == ({"secret": SECRET}, {"binding": "factor"})
    assert first.id != second.id
    assert site.credentials.list(subject, KEY) == ()


def test_so_many_stand_and_no_more(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    for _ in range(2):
        insert(site, subject, at_most=2)

    assert site.credentials.insert(subject, CARD, {}, {"secret": SECRET}, {}, at_most=2) is None
    assert site.credentials.insert(subject, CARD, {}, {"secret": SECRET}, {}, at_most=1) is None
    assert site.credentials.insert(subject, KEY, {}, {"secret": SECRET}, {}, at_most=1) is not None
    insert(site, subject, at_most=3)


@pytest.mark.parametrize("attempt", range(5))
@pytest.mark.parametrize("emptied", [False, True], ids=["new", "emptied"])
def test_of_many_inserted_at_once_no_more_than_allowed_stand(
    site: DirectorySite, open_site: Open, slapd: RunningSlapd, new_person: NewPerson, attempt: int, *, emptied: bool
) -> None:
    subject = new_person()
    if emptied:
        for made in [insert(site, subject) for _ in range(3)]:
            assert site.credentials.delete(subject, made, CARD)
    sites = [open_site(slapd, connections=10, timeout_seconds=20) for _ in range(2)]
    together = Barrier(8)

    def register(number: int) -> Credential | None:
        together.wait()
        given = {"label": str(number).encode()}
        return sites[number % 2].credentials.insert(subject, CARD, given, {"secret": SECRET}, {}, at_most=3)

    with ThreadPoolExecutor(8) as pool:
        won = [made for made in pool.map(register, range(8)) if made is not None]

    standing = site.credentials.list(subject, CARD)
    assert len(won) == len(standing) == 3
    assert {each.id for each in won} == {each.id for each in standing}


def test_inserting_and_deleting_at_once_never_exceeds_what_is_allowed(
    site: DirectorySite, open_site: Open, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    other = open_site(slapd, connections=10, timeout_seconds=20)
    together = Barrier(6)

    def churn(number: int) -> int:
        together.wait()
        most = 0
        for _ in range(15):
            made = other.credentials.insert(subject, CARD, {}, {"secret": SECRET}, {}, at_most=2)
            most = max(most, len(other.credentials.list(subject, CARD)))
            if made is not None:
                other.credentials.delete(subject, made, CARD)
        return most

    with ThreadPoolExecutor(6) as pool:
        assert max(pool.map(churn, range(6))) <= 2
    assert site.credentials.list(subject, CARD) == ()


def test_one_is_taken_away_and_the_others_stand(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    first, second, third = (insert(site, subject, label) for label in "abc")

    assert site.credentials.delete(subject, second, CARD)

    assert site.credentials.list(subject, CARD) == (first, third)
    assert not site.credentials.delete(subject, second, CARD)
    assert not site.credentials.swap(subject, second, CARD, {"state": b"1"})


def test_what_was_taken_away_leaves_nothing_behind(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    made = insert(site, subject, "a name of its own")
    assert site.credentials.delete(subject, made, CARD)

    dump = slapd.server.dump()

    assert made.id not in dump
    assert b64encode(b"a name of its own").decode() not in dump
    assert "a name of its own" not in dump


def test_an_emptied_place_is_filled_again_and_the_one_before_counts_no_more(
    site: DirectorySite, new_person: NewPerson
) -> None:
    subject = new_person()
    former = insert(site, subject)
    site.credentials.delete(subject, former, CARD)

    after = insert(site, subject, at_most=1)

    assert (after.name, after.id == former.id) == (former.name, False)
    assert not site.credentials.delete(subject, former, CARD)
    assert not site.credentials.swap(subject, former, CARD, {"state": b"1"})
    assert site.credentials.list(subject, CARD) == (after,)


def test_t02_of_twenty_uses_at_once_one_counts(open_site: Open, slapd: RunningSlapd, new_person: NewPerson) -> None:
    subject = new_person()
    sites = [open_site(slapd, connections=20, timeout_seconds=10) for _ in range(2)]
    made = insert(sites[0], subject)
    together = Barrier(20)

    def use(number: int) -> bool:
        together.wait()
        return sites[number % 2].credentials.swap(subject, made, CARD, {"state": b"1", "used_at": b"20260401000000Z"})

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(use, range(20))) == 1
    (after,) = sites[0].credentials.list(subject, CARD)
    assert (after.values["state"], after.values["used_at"]) == (b"1", b"20260401000000Z")


def test_one_takes_the_place_of_the_one_that_was_looked_at(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    first, other = insert(site, subject), insert(site, subject)

    assert site.credentials.supersede(subject, first, CARD, {"label": b"new"}, {"secret": SECRET}, {})
    assert not site.credentials.supersede(subject, first, CARD, {"label": b"late"}, {"secret": SECRET}, {})

    second, still = site.credentials.list(subject, CARD)
    assert (second.values, still) == ({"id": second.id.encode(), "label": b"new"}, other)
    assert not site.credentials.supersede(subject, None, CARD, {}, {"secret": SECRET}, {})


def test_all_of_a_kind_are_taken_away(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    insert(site, subject)
    insert(site, subject)
    kept = site.credentials.insert(subject, KEY, {}, {"secret": SECRET}, {}, at_most=1)

    assert site.credentials.remove(subject, CARD)
    assert not site.credentials.remove(subject, CARD)
    assert site.credentials.list(subject, CARD) == ()
    assert site.credentials.list(subject, KEY) == (kept,)


@pytest.mark.parametrize("attribute", ["warifuCredentialSecret", "warifuCredentialId"])
def test_x01_an_entry_copied_to_another_place_or_person_is_worthless(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson, attribute: str
) -> None:
    victim, attacker = new_person(), new_person()
    target, source, beside = insert(site, victim), insert(site, attacker), insert(site, victim)
    both = ("warifuCredentialSecret", "warifuCredentialId")
    for copied in (source, beside):
        of = attacker if copied is source else victim
        for each in (attribute, *(other for other in both if other != attribute)):
            _write(slapd, entry_dn(victim, target.name), each, _stored(slapd, of, copied, each))

        with pytest.raises(SealError) as caught:
            site.credentials.list(victim, CARD)
        assert caught.value.code is Code.SEAL_BROKEN


def test_x01_a_secret_of_one_kind_is_none_of_another(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    card = insert(site, subject)
    key = site.credentials.insert(subject, KEY, {}, {"secret": SECRET}, {}, at_most=1)
    assert key is not None
    for attribute in ("warifuCredentialSecret", "warifuCredentialId"):
        _write(slapd, entry_dn(subject, key.name), attribute, _stored(slapd, subject, card, attribute))

    with pytest.raises(SealError):
        site.credentials.list(subject, KEY)
    assert site.credentials.list(subject, CARD) == (card,)


def test_x01_an_entry_that_was_never_sealed_counts_for_nothing(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    made = insert(site, subject)
    _write(slapd, entry_dn(subject, made.name), "warifuCredentialSecret", SECRET.reveal())

    with pytest.raises(SealError) as caught:
        site.credentials.list(subject, CARD)
    assert caught.value.code is Code.SEAL_MISSING


def test_an_entry_with_a_name_that_is_none_of_ours_is_not_there(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    for name in ("card", "card-0", "card-01", "card-x", "key-1", "card-1\\2Ccn=x"):
        slapd.server.apply(
            f"dn: warifuCredentialName={name},{subject.dn}\nchangetype: add\nobjectClass: warifuCredential\n"
            f"warifuCredentialKind: card\nwarifuCredentialId: x\nwarifuCredentialSecret: x\n"
        )

    assert site.credentials.list(subject, CARD) == ()
    assert insert(site, subject, at_most=1).name == "card-1"


def test_a_person_is_renamed_with_all_they_have(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    made = insert(site, subject)
    slapd.server.apply(f"dn: {subject.dn}\nchangetype: modrdn\nnewrdn: uid=new-{subject.username}\ndeleteoldrdn: 1\n")

    renamed = site.people.find(f"new-{subject.username}")

    assert renamed is not None
    assert site.credentials.list(renamed, CARD) == (made,)
    with suppress(DependencyError):  # 389 Directory Server says that the right is lacking where no entry is
        assert not site.credentials.swap(subject, made, CARD, {"state": b"1"})
    assert site.credentials.swap(renamed, made, CARD, {"state": b"1"})


def test_a_new_entry_under_an_old_name_has_no_credential(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    insert(site, subject)
    somebody_before = Subject("00000000-0000-0000-0000-000000000000", subject.username, subject.dn)

    assert site.credentials.list(somebody_before, CARD) == ()
    assert not site.credentials.remove(somebody_before, CARD)
    with pytest.raises(DependencyError):
        site.credentials.insert(somebody_before, CARD, {}, {"secret": SECRET}, {}, at_most=9)


def test_nobody_is_found_by_what_they_have(open_site: Open, slapd: RunningSlapd, new_person: NewPerson) -> None:
    by_any_name = open_site(
        slapd,
        user_filter="(|(uid={username})(warifuCredentialName={username}))",
        username_attribute="warifuCredentialName",
    )
    insert(by_any_name, new_person())

    assert by_any_name.people.find("card-1") is None


@pytest.mark.parametrize("given", [{"id": b"x"}, {"secret": b"x"}], ids=["id", "sealed"])
def test_ids_are_made_and_what_is_secret_is_sealed(
    site: DirectorySite, new_person: NewPerson, given: dict[str, bytes]
) -> None:
    subject = new_person()
    with pytest.raises(ValueError, match="secrets"):
        site.credentials.insert(subject, CARD, given, {}, {}, at_most=1)


def test_a_kind_of_entries_has_something_sealed() -> None:
    with pytest.raises(ValueError, match="sealed"):
        CredentialKind("x", "warifuCredential", {"id": "warifuCredentialId"}, entries=True)


def test_a_directory_without_the_class_says_so(site: DirectorySite, new_person: NewPerson) -> None:
    kind = CredentialKind(
        "x", "noSuchClass", {"id": "warifuCredentialId", "secret": "noSuch"}, frozenset({"secret"}), entries=True
    )

    assert site.credentials.lacks(kind) == ("noSuchClass", "noSuch")
    assert site.credentials.lacks(CARD) == ()
    with pytest.raises(DependencyError) as caught:
        site.credentials.insert(new_person(), kind, {}, {"secret": SECRET}, {}, at_most=1)
    assert caught.value.code is Code.DIRECTORY_READ_ONLY


def test_a_person_is_found_by_what_stands_in_an_entry_of_theirs(site: DirectorySite, new_person: NewPerson) -> None:
    one, other = new_person(), new_person()
    mark = f"found by {one.username}".encode()
    for subject, data in ((one, mark), (one, b"another"), (other, b"something else")):
        site.credentials.insert(subject, CARD, {"data": data}, {"secret": SECRET}, {}, at_most=5)

    assert site.people.find_by_credential(CARD, "data", mark) == one
    assert site.people.find_by_credential(KEY, "data", mark) is None
    assert site.people.find_by_credential(CARD, "data", b"of nobody") is None
    assert site.people.find_by_credential(CARD, "data", b"*") is None
    assert site.people.find_by_credential(CARD, "data", mark + b"\0") is None


def test_what_stands_in_entries_of_two_people_is_nobodys(site: DirectorySite, new_person: NewPerson) -> None:
    people = [new_person(), new_person()]
    mark = f"of {people[0].username} and another".encode()
    for subject in people:
        site.credentials.insert(subject, CARD, {"data": mark}, {"secret": SECRET}, {}, at_most=5)

    assert site.people.find_by_credential(CARD, "data", mark) is None


def test_who_is_found_is_the_person_and_no_entry_between(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    """An entry that somebody laid elsewhere leads to nobody."""
    subject = new_person()
    where = f"ou=below,{subject.dn}"
    slapd.server.apply(f"dn: {where}\nchangetype: add\nobjectClass: organizationalUnit\n")
    slapd.server.apply(
        f"dn: warifuCredentialName=card-1,{where}\nchangetype: add\nobjectClass: warifuCredential\n"
        f"warifuCredentialKind: card\nwarifuCredentialId: x\nwarifuCredentialData: laid by {subject.username}\n"
    )

    assert site.people.find_by_credential(CARD, "data", f"laid by {subject.username}".encode()) is None
