"""The two ceremonies, each step of the verification wrong once (WebAuthn Level 3, 7.1 and 7.2)."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from plugins.passkey.ceremony import NewKey, Shown, read_assertion, verify_assertion, verify_creation
from plugins.passkey.refusal import CeremonyError, Doubt
from plugins.passkey.relying_party import RelyingParty
from tests.passkey.authenticator import (
    BE,
    BS,
    ED,
    EDDSA,
    ES256,
    ORIGIN,
    RP_ID,
    RS256,
    UP,
    UV,
    Form,
    SoftKey,
    b64,
    cbor,
    unb64,
)

US = RelyingParty(RP_ID, ORIGIN, "Example University")
CHALLENGE = bytes(range(32))
OPTIONS = json.dumps({"challenge": b64(CHALLENGE), "user": {"id": b64(b"handle")}})
ALGORITHMS = pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
HUGE = "A" * 16_000


def create(form: Form, *, verified: bool = True, challenge: bytes = CHALLENGE) -> NewKey:
    return verify_creation(form, challenge, US, verified=verified)


def log_in(key: SoftKey, form: Form, *, verified: bool = True, challenge: bytes = CHALLENGE) -> Shown:
    assertion = read_assertion(form)
    if assertion is None:
        raise CeremonyError(Doubt.UNREADABLE)
    return verify_assertion(assertion, challenge, US, cbor(key.public_key), verified=verified)


@ALGORITHMS
def test_a_passkey_is_made_and_used(algorithm: int) -> None:
    key = SoftKey(algorithm)

    made = create(key.create(OPTIONS))

    assert (made.credential_id, made.sign_count) == (key.credential_id, 0)
    key.sign_count = 7
    assert log_in(key, key.get(OPTIONS)) == Shown(7, True, False, False)


def test_backup_flags_and_extensions_are_read() -> None:
    key = SoftKey(flags=UP | UV | BE | BS, extensions=cbor({"credProtect": 2}))

    made = create(key.create(OPTIONS))

    assert (made.is_backup_eligible, made.is_backed_up) == (True, True)
    assert log_in(key, key.get(OPTIONS)) == Shown(0, True, True, True)


def test_who_was_not_verified_is_let_in_only_where_that_is_enough() -> None:
    key = SoftKey(flags=UP)

    assert log_in(key, key.get(OPTIONS), verified=False).is_verified is False
    with pytest.raises(CeremonyError, match=Doubt.NOT_VERIFIED):
        log_in(key, key.get(OPTIONS))
    with pytest.raises(CeremonyError, match=Doubt.NOT_VERIFIED):
        create(key.create(OPTIONS))


def set_to(**values: object) -> Callable[[SoftKey], None]:
    def change(key: SoftKey) -> None:
        for name, value in values.items():
            setattr(key, name, value)

    return change


WRONG_KEYS = {
    "another-host": (set_to(origin="https://idp.example.com"), Doubt.ORIGIN),
    "a-host-that-ends-like-ours": (set_to(origin="https://evil-idp.example.ac.jp"), Doubt.ORIGIN),
    "a-host-below-ours": (set_to(origin="https://www.idp.example.ac.jp"), Doubt.ORIGIN),
    "a-host-above-ours": (set_to(origin="https://example.ac.jp"), Doubt.ORIGIN),
    "another-port": (set_to(origin=f"{ORIGIN}:8443"), Doubt.ORIGIN),
    "without-tls": (set_to(origin="http://idp.example.ac.jp"), Doubt.ORIGIN),
    "with-a-slash": (set_to(origin=f"{ORIGIN}/"), Doubt.ORIGIN),
    "in-capitals": (set_to(origin="https://IDP.example.ac.jp"), Doubt.ORIGIN),
    "an-app": (set_to(origin="android:apk-key-hash:x"), Doubt.ORIGIN),
    "no-origin": (set_to(origin=None), Doubt.ORIGIN),
    "in-a-frame": (set_to(cross_origin=True), Doubt.ORIGIN),
    "in-a-frame-by-words": (set_to(cross_origin="true"), Doubt.ORIGIN),
    "another-relying-party": (set_to(rp_id="example.ac.jp"), Doubt.RELYING_PARTY),
    "nobody-there": (set_to(flags=UV), Doubt.NOBODY_PRESENT),
    "not-verified": (set_to(flags=UP), Doubt.NOT_VERIFIED),
    "backed-up-and-cannot-be": (set_to(flags=UP | UV | BS), Doubt.BACKUP),
    "extensions-cut-off": (set_to(extensions=cbor({"a": 1})[:-1]), Doubt.UNREADABLE),
    "extensions-with-more-after": (set_to(extensions=cbor({}) + b"\0"), Doubt.UNREADABLE),
    "extensions-said-and-not-there": (set_to(flags=UP | UV | ED), Doubt.UNREADABLE),
    "extensions-without-end": (set_to(extensions=b"\xbf\xff"), Doubt.UNREADABLE),
    "extensions-that-lie-about-their-length": (set_to(extensions=b"\x9b" + b"\xff" * 8), Doubt.UNREADABLE),
    "extensions-very-deep": (set_to(extensions=b"\x81" * 4000 + b"\0"), Doubt.UNREADABLE),
}


@pytest.mark.parametrize(("change", "doubt"), WRONG_KEYS.values(), ids=list(WRONG_KEYS))
def test_no_login_with(change: Callable[[SoftKey], None], doubt: Doubt) -> None:
    key = SoftKey()
    change(key)

    with pytest.raises(CeremonyError) as refused:
        log_in(key, key.get(OPTIONS))

    assert refused.value.doubt is doubt


@pytest.mark.parametrize(("change", "doubt"), WRONG_KEYS.values(), ids=list(WRONG_KEYS))
def test_no_registration_with(change: Callable[[SoftKey], None], doubt: Doubt) -> None:
    key = SoftKey()
    change(key)

    with pytest.raises(CeremonyError) as refused:
        create(key.create(OPTIONS))

    assert refused.value.doubt is doubt


@ALGORITHMS
def test_a_signature_by_another_key_is_none(algorithm: int) -> None:
    key, other = SoftKey(algorithm), SoftKey(algorithm)
    other.credential_id = key.credential_id

    with pytest.raises(CeremonyError, match=Doubt.SIGNATURE):
        log_in(key, other.get(OPTIONS))


@ALGORITHMS
@pytest.mark.parametrize("field", ["client_data_json", "authenticator_data", "signature"])
def test_one_bit_changed_is_no_login(algorithm: int, field: str) -> None:
    key = SoftKey(algorithm, sign_count=3)
    form = key.get(OPTIONS)
    octets = bytearray(unb64(form[field]))
    octets[-2] ^= 1

    with pytest.raises(CeremonyError):
        log_in(key, {**form, field: b64(bytes(octets))})


def test_the_challenge_is_that_of_this_page() -> None:
    key = SoftKey()
    another = json.dumps({"challenge": b64(bytes(32)), "user": {"id": ""}})

    with pytest.raises(CeremonyError, match=Doubt.CHALLENGE):
        log_in(key, key.get(another))
    with pytest.raises(CeremonyError, match=Doubt.CHALLENGE):
        create(key.create(another))
    with pytest.raises(CeremonyError, match=Doubt.CHALLENGE):
        log_in(key, key.get(json.dumps({"challenge": b64(CHALLENGE)[:-4]})))


def test_a_registration_is_no_login_and_a_login_no_registration() -> None:
    key = SoftKey()
    created = key.client_data("webauthn.create", b64(CHALLENGE))

    with pytest.raises(CeremonyError, match=Doubt.CEREMONY):
        log_in(key, key.signed(created))
    form = key.create(OPTIONS) | {"client_data_json": b64(key.client_data("webauthn.get", b64(CHALLENGE)))}
    with pytest.raises(CeremonyError, match=Doubt.CEREMONY):
        create(form)


def test_a_login_that_brings_a_credential_along_is_none() -> None:
    key = SoftKey()
    key.data = lambda attested=b"": SoftKey.data(key, key.attested())  # type: ignore[method-assign]

    with pytest.raises(CeremonyError, match=Doubt.UNREADABLE):
        log_in(key, key.get(OPTIONS))


_EC = SoftKey().public_key
_P384 = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
_ES384 = {1: 2, 3: -35, -1: 2, -2: _P384.x.to_bytes(48, "big"), -3: _P384.y.to_bytes(48, "big")}
REFUSED_KEYS = {
    "another-algorithm": _ES384,
    "another-algorithm-by-its-number": _EC | {3: -35},
    "sha-1": SoftKey(RS256).public_key | {3: -65535},
    "no-algorithm": {name: value for name, value in _EC.items() if name != 3},
    "an-algorithm-that-is-true": _EC | {3: True},
    "another-type": _EC | {1: 3},
    "another-curve": _EC | {-1: 2},
    "off-the-curve": _EC | {-3: b"\1" * 32},
    "half-a-point": _EC | {-2: b"\1" * 16},
    "a-point-of-no-octets": _EC | {-2: 7},
    "eddsa-cut-off": SoftKey(EDDSA).public_key | {-2: b"\1" * 31},
    "rsa-of-1024-bits": {1: 3, 3: RS256, -1: b"\xff" * 128, -2: b"\1\0\1"},
    "rsa-of-65536-bits": {1: 3, 3: RS256, -1: b"\xff" * 8192, -2: b"\1\0\1"},
    "rsa-with-an-even-exponent": SoftKey(RS256).public_key | {-2: b"\1\0\2"},
    "no-map": [1, 2],
}


@pytest.mark.parametrize("public_key", REFUSED_KEYS.values(), ids=list(REFUSED_KEYS))
def test_no_registration_of_a_key_that_is(public_key: object) -> None:
    key = SoftKey()
    data = key.data(key.attested(public_key))

    with pytest.raises(CeremonyError) as refused:
        create(key.create(OPTIONS, lambda _: cbor({"fmt": "none", "attStmt": {}, "authData": data})))

    assert refused.value.doubt in {Doubt.KEY, Doubt.UNREADABLE}


@pytest.mark.parametrize("length", [0, 15, 1024, 4000])
def test_a_credential_id_has_16_octets_at_least_and_1023_at_most(length: int) -> None:
    key = SoftKey(credential_id=bytes(length))

    with pytest.raises(CeremonyError, match=Doubt.UNREADABLE):
        create(key.create(OPTIONS))


def test_an_attestation_is_not_looked_at() -> None:
    key = SoftKey()
    statement = {"alg": -7, "sig": b"\1" * 70, "x5c": [b"\0"]}

    made = create(
        key.create(
            OPTIONS, lambda _: cbor({"fmt": "packed", "attStmt": statement, "authData": key.data(key.attested())})
        )
    )

    assert made.credential_id == key.credential_id


@pytest.mark.parametrize("what", ["statement-cut-off", "a-tag", "without-end"])
def test_no_registration_with_what_the_library_would_take(what: str) -> None:
    """The library takes a text that is cut off for a whole one."""
    key = SoftKey()
    data = key.data(key.attested())
    whole = cbor({"fmt": "none", "authData": data, "attStmt": {"sig": b"\1" * 70}})
    changed = {
        "statement-cut-off": whole[:-1],
        "a-tag": b"\xc0" + whole,
        "without-end": b"\xbf" + whole[1:] + b"\xff",
    }[what]

    with pytest.raises(CeremonyError, match=Doubt.UNREADABLE):
        create(key.create(OPTIONS, lambda _: changed))


@given(cut=st.integers(min_value=0, max_value=10_000), more=st.binary(max_size=4))
def test_what_is_cut_off_or_has_more_after_it_is_no_registration(cut: int, more: bytes) -> None:
    key = SoftKey()
    whole = cbor({"fmt": "none", "attStmt": {}, "authData": key.data(key.attested())})
    changed = whole[: cut % len(whole)] + more

    with pytest.raises(CeremonyError):
        create(key.create(OPTIONS, lambda _: changed))


@given(st.dictionaries(st.sampled_from(["client_data_json", "attestation_object"]), st.binary(max_size=600).map(b64)))
def test_octets_of_any_kind_are_no_registration(form: Form) -> None:
    with pytest.raises(CeremonyError):
        create({**SoftKey().create(OPTIONS), "attestation_object": "", **form})


CLIENT_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda each: st.lists(each, max_size=3)
)


@given(
    st.dictionaries(st.sampled_from(["type", "challenge", "origin", "crossOrigin"]), CLIENT_DATA).map(json.dumps)
    | st.text(max_size=60)
    | st.just("[" * 5000)
)
def test_client_data_of_any_kind_is_no_login(said: str) -> None:
    key = SoftKey()

    with pytest.raises(CeremonyError):
        log_in(key, key.signed(said.encode("utf-8", "surrogatepass")))


@given(st.binary(max_size=200))
def test_authenticator_data_of_any_kind_is_no_login(data: bytes) -> None:
    key = SoftKey()
    form = key.get(OPTIONS)

    with pytest.raises(CeremonyError):
        log_in(key, {**form, "authenticator_data": b64(data)})


@pytest.mark.parametrize(
    "field", ["credential_id", "client_data_json", "authenticator_data", "signature", "user_handle"]
)
@pytest.mark.parametrize("text", [HUGE, "!", "AAA=", "A", "AAAA\n", "１２３４", "+/+/"], ids=lambda text: text[:4])
def test_a_field_that_is_no_base64url_or_huge_is_not_read(field: str, text: str) -> None:
    form = SoftKey(user_handle=b"handle").get(OPTIONS)

    assert read_assertion({**form, field: text}) is None


@pytest.mark.parametrize("rp_id", ["idp.example.ac.jp", "example.ac.jp"])
def test_a_relying_party_is_the_host_or_a_domain_above_it(rp_id: str) -> None:
    assert replace(US, id=rp_id).is_ours


@pytest.mark.parametrize("rp_id", ["", "jp", "le.ac.jp", "www.idp.example.ac.jp", "example.com", "p.example.ac.jp"])
def test_no_other_relying_party_is_ours(rp_id: str) -> None:
    assert not replace(US, id=rp_id).is_ours
