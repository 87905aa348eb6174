"""Sealed secrets open for whom they were closed, and for nobody else (security.md X-01, X-03, X-04, X-09)."""

import json
from base64 import b64encode, urlsafe_b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.core.codes import Code
from idp.core.errors import ConfigError, SealError
from idp.core.secret import Secret
from idp.seal import EXAMPLE_KEY, Sealer, is_sealed, load_seal_keys, make_seal_key
from tests.directory.conftest import key

PERSON = "11e6f004-7bf1-1041-960a-95fb7d01fb6d"
SECRET = Secret(b"20 bytes of a secret")
SEALER = Sealer([key()])
SEALED = SEALER.seal(SECRET, PERSON, "oathSecret", {"binding": "campus-first"})


def test_what_was_sealed_opens_with_its_facts() -> None:
    opened = SEALER.unseal(SEALED, PERSON, "oathSecret")

    assert opened.secret == SECRET
    assert opened.facts == {"binding": "campus-first"}
    assert opened.kid == SEALER.kid == key().kid


def test_the_form_is_a_compact_jwe() -> None:
    header, encrypted_key, nonce, _, tag = SEALED.split(b".")

    assert encrypted_key == b""
    assert (len(nonce), len(tag)) == (16, 22)
    assert json.loads(urlsafe_b64decode(header + b"==")) == {
        "alg": "dir",
        "enc": "A256GCM",
        "kid": key().kid,
        "sub": PERSON,
        "attr": "oathSecret",
        "binding": "campus-first",
    }


def test_no_two_seals_are_alike() -> None:
    assert SEALER.seal(SECRET, PERSON, "oathSecret", {}) != SEALER.seal(SECRET, PERSON, "oathSecret", {})


@pytest.mark.parametrize(
    ("person", "attribute"),
    [
        pytest.param("another", "oathSecret", id="X-01-another-entry"),
        pytest.param(PERSON, "oathTokenPIN", id="X-01-another-attribute"),
    ],
)
def test_a_seal_does_not_open_elsewhere(person: str, attribute: str) -> None:
    with pytest.raises(SealError) as caught:
        SEALER.unseal(SEALED, person, attribute)
    assert caught.value.code is Code.SEAL_BROKEN


def test_x03_no_flipped_bit_goes_unseen() -> None:
    for index in range(len(SEALED)):
        for bit in range(8):
            changed = bytearray(SEALED)
            changed[index] ^= 1 << bit
            with pytest.raises(SealError) as caught:
                SEALER.unseal(bytes(changed), PERSON, "oathSecret")
            assert "20 bytes" not in str(caught.value)


@pytest.mark.parametrize("length", range(0, len(SEALED), 7), ids=lambda length: f"X-03-cut-to-{length}")
def test_a_truncated_seal_does_not_open(length: int) -> None:
    with pytest.raises(SealError):
        SEALER.unseal(SEALED[:length], PERSON, "oathSecret")


@given(st.binary(max_size=300))
def test_x03_rubbish_does_not_open(value: bytes) -> None:
    with pytest.raises(SealError):
        SEALER.unseal(value, PERSON, "oathSecret")


def test_x03_an_unknown_key_is_told_from_tampering() -> None:
    with pytest.raises(SealError) as caught:
        Sealer([key(2)]).unseal(SEALED, PERSON, "oathSecret")
    assert caught.value.code is Code.SEAL_UNKNOWN_KEY


def test_x04_the_first_key_seals_and_all_open() -> None:
    rotated = Sealer([key(2), key(1)])

    assert rotated.unseal(SEALED, PERSON, "oathSecret").kid == key(1).kid
    assert rotated.unseal(rotated.seal(SECRET, PERSON, "a", {}), PERSON, "a").kid == key(2).kid


def test_facts_cannot_pose_as_the_seals_own_fields() -> None:
    with pytest.raises(ValueError, match="fact"):
        SEALER.seal(SECRET, PERSON, "oathSecret", {"sub": "somebody else"})


@pytest.mark.parametrize("value", [b"", b"raw secret 20 bytes!", b"JBSWY3DPEHPK3PXP", b'{"ciphertext":""}'])
def test_a_value_never_sealed_is_told_apart(value: bytes) -> None:
    assert not is_sealed(value)
    assert is_sealed(SEALED)


def _file(folder: Path, contents: bytes, mode: int = 0o400) -> Path:
    path = folder / "seal.key"
    path.write_bytes(contents)
    path.chmod(mode)
    return path


def test_a_new_key_is_loaded(tmp_path: Path) -> None:
    made = make_seal_key()

    (loaded,) = load_seal_keys([_file(tmp_path, made)])

    assert len(loaded.key.reveal()) == 32
    assert made != make_seal_key()
    assert loaded.key.reveal().hex() not in loaded.kid
    assert "Secret(…)" in repr(loaded)


@pytest.mark.parametrize(
    ("contents", "mode", "words"),
    [
        pytest.param(make_seal_key(), 0o440, "others than its owner", id="group-may-read"),
        pytest.param(make_seal_key(), 0o604, "others than its owner", id="everybody-may-read"),
        pytest.param(b64encode(b"short"), 0o400, "32 bytes", id="short"),
        pytest.param(b"not base64!", 0o400, "not base64", id="not-base64"),
        pytest.param(b"", 0o400, "32 bytes", id="empty"),
        pytest.param(b64encode(EXAMPLE_KEY), 0o400, "example", id="X-09-example"),
        pytest.param(b64encode(bytes(32)), 0o400, "example", id="X-09-zeros"),
    ],
)
def test_a_key_that_must_not_be_used_is_refused(tmp_path: Path, contents: bytes, mode: int, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        load_seal_keys([_file(tmp_path, contents, mode)])
    assert contents.decode().strip() not in str(caught.value) or not contents


def test_every_bad_key_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_seal_keys([tmp_path / "one", tmp_path / "two"])
    assert len(caught.value.problems) == 2
