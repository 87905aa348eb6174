"""Credentials in people's entries: bound, one-time, whole or not at all (design 4; security.md T-02, X-01 to X-04)."""

from base64 import b32encode, b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.codes import Code
from idp.core.errors import DependencyError, SealError
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.directory.site import DirectorySite
from idp.plugin.tools import CredentialKind
from idp.seal import Sealer
from tests.directory.conftest import TOTP, Open, key
from tests.parts.slapd import RunningSlapd

SECRET = Secret(b"20 bytes of a secret")
_NUMBERS = count()

NewPerson = Callable[[], Subject]


@pytest.fixture
def new_person(site: DirectorySite, slapd: RunningSlapd) -> NewPerson:
    """Gives a function that adds somebody new, nothing but an inetOrgPerson."""

    def add() -> Subject:
        name = f"new{next(_NUMBERS)}"
        slapd.server.apply(f"dn: uid={name},{PEOPLE_DN}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: N\nsn: N\n")
        subject = site.people.find(name)
        assert subject is not None
        return subject

    return add


def _write(slapd: RunningSlapd, subject: Subject, attribute: str, value: bytes) -> None:
    slapd.server.apply(
        f"dn: {subject.dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}:: {b64encode(value).decode()}\n"
    )


def _stored(slapd: RunningSlapd, site: DirectorySite, subject: Subject, attribute: str) -> bytes:
    """What stands in the directory, read as the verifying account reads it."""
    plain = CredentialKind("plain", "oathTOTPToken", {"id": "oathTokenIdentifier", "value": attribute})
    return site.credentials.list(subject, plain)[0].values["value"]


def test_a_registration_comes_back_as_it_was_given(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    assert site.credentials.list(subject, TOTP) == ()

    site.credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {"binding": "campus-first"})

    (credential,) = site.credentials.list(subject, TOTP)
    assert credential.kind == "totp"
    assert credential.secrets == {"secret": SECRET}
    assert credential.facts == {"binding": "campus-first"}
    assert credential.values == {"id": credential.id.encode(), "last_step": b"7"}


def test_the_last_registration_wins_whole(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    site.credentials.add(subject, TOTP, {"last_step": b"7", "registered": b"20260401000000Z"}, {"secret": SECRET}, {})
    (first,) = site.credentials.list(subject, TOTP)

    site.credentials.add(subject, TOTP, {"last_step": b"9"}, {"secret": Secret(b"another secret of 20")}, {})

    (second,) = site.credentials.list(subject, TOTP)
    assert second.id != first.id
    assert set(second.values) == {"id", "last_step"}
    assert not site.credentials.swap(subject, first, TOTP, {"last_step": b"8"})


def test_a_registration_takes_the_place_of_the_one_that_was_looked_at(
    site: DirectorySite, new_person: NewPerson
) -> None:
    subject = new_person()
    assert site.credentials.supersede(subject, None, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {"binding": "a"})
    (first,) = site.credentials.list(subject, TOTP)
    assert first.secrets == {"secret": SECRET}

    another = {"secret": Secret(b"another secret of 20")}
    assert not site.credentials.supersede(subject, None, TOTP, {"last_step": b"8"}, another, {})
    assert site.credentials.list(subject, TOTP) == (first,)
    assert site.credentials.supersede(subject, first, TOTP, {"last_step": b"9"}, another, {"binding": "b"})
    (second,) = site.credentials.list(subject, TOTP)
    assert second.id != first.id
    assert (second.values["last_step"], second.secrets, second.facts) == (b"9", another, {"binding": "b"})
    assert not site.credentials.supersede(subject, first, TOTP, {"last_step": b"10"}, {"secret": SECRET}, {})
    assert site.credentials.remove(subject, TOTP)
    assert not site.credentials.supersede(subject, second, TOTP, {"last_step": b"10"}, {"secret": SECRET}, {})
    assert site.credentials.supersede(subject, None, TOTP, {"last_step": b"11"}, {"secret": SECRET}, {})


@pytest.mark.parametrize("replacing", [False, True], ids=["the first", "another"])
@pytest.mark.parametrize("attempt", range(5))
def test_of_two_registrations_at_once_one_is_kept_whole(
    site: DirectorySite, new_person: NewPerson, attempt: int, *, replacing: bool
) -> None:
    subject = new_person()
    if replacing:
        site.credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {})
    former = next(iter(site.credentials.list(subject, TOTP)), None)
    barrier = Barrier(4)
    secrets = [Secret(f"secret of number {number:3}") for number in range(4)]

    def register(number: int) -> bool:
        barrier.wait()
        values = {"last_step": str(number).encode()}
        return site.credentials.supersede(subject, former, TOTP, values, {"secret": secrets[number]}, {})

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(register, range(4)))

    assert won.count(True) == 1
    (kept,) = site.credentials.list(subject, TOTP)
    assert kept.values["last_step"] == str(won.index(True)).encode()
    assert kept.secrets == {"secret": secrets[won.index(True)]}


def test_a_removed_credential_is_gone(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    site.credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {})
    (credential,) = site.credentials.list(subject, TOTP)

    assert site.credentials.remove(subject, TOTP)
    assert not site.credentials.remove(subject, TOTP)
    assert site.credentials.list(subject, TOTP) == ()
    assert not site.credentials.swap(subject, credential, TOTP, {"last_step": b"8"})
    site.credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {})


def test_t02_d9_of_forty_at_once_one_wins(open_site: Open, slapd: RunningSlapd, new_person: NewPerson) -> None:
    subject = new_person()
    sites = [open_site(slapd, connections=20, timeout_seconds=10) for _ in range(2)]
    sites[0].credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {})
    (credential,) = sites[0].credentials.list(subject, TOTP)
    together = Barrier(40)

    def swap(number: int) -> bool:
        together.wait()
        return sites[number % 2].credentials.swap(subject, credential, TOTP, {"last_step": b"8"})

    with ThreadPoolExecutor(40) as threads:
        assert sum(threads.map(swap, range(40))) == 1
    assert sites[0].credentials.list(subject, TOTP)[0].values["last_step"] == b"8"


def test_a_swap_may_add_what_was_not_there_once(site: DirectorySite, new_person: NewPerson) -> None:
    subject = new_person()
    site.credentials.add(subject, TOTP, {}, {"secret": SECRET}, {})
    (credential,) = site.credentials.list(subject, TOTP)

    assert site.credentials.swap(subject, credential, TOTP, {"last_step": b"8"})
    assert not site.credentials.swap(subject, credential, TOTP, {"last_step": b"8"})


@pytest.mark.parametrize("field", ["id", "secret", "unknown"])
def test_only_plain_fields_are_swapped(site: DirectorySite, new_person: NewPerson, field: str) -> None:
    subject = new_person()
    site.credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {})
    (credential,) = site.credentials.list(subject, TOTP)

    with pytest.raises(ValueError, match="swapped"):
        site.credentials.swap(subject, credential, TOTP, {field: b"x"})


def test_x01_a_value_copied_to_another_entry_is_worthless(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    victim, attacker = new_person(), new_person()
    for subject in (victim, attacker):
        site.credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {})
    for attribute in ("oathSecret", "oathTokenIdentifier"):
        _write(slapd, victim, attribute, _stored(slapd, site, attacker, attribute))

    with pytest.raises(SealError) as caught:
        site.credentials.list(victim, TOTP)
    assert caught.value.code is Code.SEAL_BROKEN


def test_x02_an_older_secret_put_back_does_not_open(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    site.credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRET}, {})
    older = _stored(slapd, site, subject, "oathSecret")
    site.credentials.add(subject, TOTP, {"last_step": b"8"}, {"secret": SECRET}, {})
    _write(slapd, subject, "oathSecret", older)

    with pytest.raises(SealError, match="another registration"):
        site.credentials.list(subject, TOTP)


def test_x04_old_and_new_keys_are_both_readable(open_site: Open, slapd: RunningSlapd, new_person: NewPerson) -> None:
    early, late = new_person(), new_person()
    before, after = open_site(slapd, Sealer([key(1)])), open_site(slapd, Sealer([key(2), key(1)]))
    before.credentials.add(early, TOTP, {}, {"secret": SECRET}, {})
    after.credentials.add(late, TOTP, {}, {"secret": SECRET}, {})

    assert [after.credentials.list(item, TOTP)[0].secrets["secret"] for item in (early, late)] == [SECRET, SECRET]
    with pytest.raises(SealError) as caught:
        before.credentials.list(late, TOTP)
    assert caught.value.code is Code.SEAL_UNKNOWN_KEY


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(SECRET.reveal(), id="raw"),
        pytest.param(b32encode(SECRET.reveal()), id="base32"),
        pytest.param(b32encode(SECRET.reveal()).lower(), id="base32-lower"),
        pytest.param(bytes(range(200, 220)), id="raw-not-text"),
    ],
)
def test_a_secret_that_was_never_sealed_is_read_and_vouches_for_nothing(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson, stored: bytes
) -> None:
    subject = new_person()
    slapd.server.apply(f"dn: {subject.dn}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPToken\n")
    _write(slapd, subject, "oathSecret", stored)

    (credential,) = site.credentials.list(subject, TOTP)

    expected = stored if stored[0] == 200 else SECRET.reveal()
    assert credential.secrets["secret"].reveal() == expected
    assert (credential.id, credential.facts) == ("", {})
    assert site.credentials.swap(subject, credential, TOTP, {"last_step": b"3"})
    assert not site.credentials.swap(subject, credential, TOTP, {"last_step": b"3"})
    assert site.credentials.list(subject, TOTP)[0].id


def test_another_products_seal_is_not_taken_for_a_secret(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    slapd.server.apply(f"dn: {subject.dn}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPToken\n")
    _write(slapd, subject, "oathSecret", b'{"ciphertext":"AA","header":{"kid":"k"}}')

    with pytest.raises(SealError) as caught:
        site.credentials.list(subject, TOTP)
    assert caught.value.code is Code.SEAL_UNKNOWN_KEY


def test_nothing_of_a_secret_is_in_a_backup(site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson) -> None:
    secret = b"never seen in backup"
    site.credentials.add(new_person(), TOTP, {}, {"secret": Secret(secret)}, {})

    dump = slapd.server.dump()

    for form in (secret, b64encode(secret), b32encode(secret)):
        assert form.decode() not in dump


def test_a_new_entry_under_an_old_name_has_no_credential(
    site: DirectorySite, slapd: RunningSlapd, new_person: NewPerson
) -> None:
    subject = new_person()
    site.credentials.add(subject, TOTP, {}, {"secret": SECRET}, {})
    somebody_before = Subject("00000000-0000-0000-0000-000000000000", subject.username, subject.dn)

    assert site.credentials.list(somebody_before, TOTP) == ()
    with pytest.raises(DependencyError):
        site.credentials.add(somebody_before, TOTP, {}, {"secret": SECRET}, {})
    assert not site.credentials.remove(somebody_before, TOTP)


def test_a_directory_without_the_schema_says_so(site: DirectorySite, new_person: NewPerson) -> None:
    kind = CredentialKind("x", "noSuchClass", {"id": "noSuchAttribute"})

    with pytest.raises(DependencyError) as caught:
        site.credentials.add(new_person(), kind, {}, {}, {})
    assert caught.value.code is Code.DIRECTORY_READ_ONLY
