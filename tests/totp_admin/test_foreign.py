"""Secrets of other products open with their key, with nothing else, and say nothing of themselves."""

import os
from base64 import b32encode, b64encode
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.core.secret import Secret
from plugins.totp.foreign import Form, Opener, make_opener
from tests.totp_admin.sealed import SIOS_KEY, SIOS_PASSPHRASE, SIOS_VALUE, datasealer, jwk, oath_jwe

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECRET = b"20 bytes of a secret"
TEXT = b32encode(SECRET).decode()
AES_KEY = bytes(range(1, 33))
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
KID = "oathldap_primary_key_202611240000"


def opener(form: Form, key: bytes | str = b"", *, text: bool = True) -> Opener:
    return make_opener(form, Secret(key) if key else None, NOW, text=text)


@pytest.mark.parametrize(
    "key_file",
    [
        pytest.param(b64encode(AES_KEY), id="base64"),
        pytest.param(AES_KEY.hex().encode(), id="hexadecimal"),
        pytest.param(
            b"# from sealer.jks\nother: " + b64encode(bytes(16)) + b"\nsecret1: " + b64encode(AES_KEY), id="named"
        ),
    ],
)
@pytest.mark.parametrize("prefix", [b"", b"PXR5node000001"], ids=["", "node"])
def test_datasealer_values_open(key_file: bytes, prefix: bytes) -> None:
    assert opener(Form.DATASEALER, key_file)(datasealer(TEXT, AES_KEY, prefix=prefix)) == Secret(SECRET)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(datasealer(TEXT, bytes(32)), id="another-key"),
        pytest.param(datasealer(TEXT, AES_KEY)[:-8], id="cut"),
        pytest.param(datasealer(TEXT, AES_KEY, expires_ms=1), id="expired"),
        pytest.param(datasealer("no key at all", AES_KEY), id="not-base32"),
        pytest.param(TEXT.encode(), id="not-sealed"),
        pytest.param(b"", id="empty"),
    ],
)
def test_what_does_not_open_as_datasealer_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"^[a-zA-Z]") as caught:
        opener(Form.DATASEALER, b64encode(AES_KEY))(value)

    assert TEXT not in str(caught.value)


def test_the_sample_of_sios_opens() -> None:
    opened = opener(Form.SIOS, SIOS_PASSPHRASE + "\n")(SIOS_VALUE)

    assert b32encode(opened.reveal()).decode() == SIOS_KEY


@pytest.mark.parametrize("value", [SIOS_VALUE[:-4], b"AAAA", b"", SIOS_VALUE.swapcase()])
def test_what_does_not_open_as_sios_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="it "):
        opener(Form.SIOS, SIOS_PASSPHRASE)(value)
    with pytest.raises(ValueError, match="passphrase"):
        opener(Form.SIOS, "another")(SIOS_VALUE)


@pytest.mark.parametrize("key_file", [pytest.param(PEM, id="pem"), pytest.param(jwk(RSA_KEY, KID).encode(), id="jwk")])
def test_oath_ldap_values_open(key_file: bytes) -> None:
    assert opener(Form.OATH_JWE, key_file)(oath_jwe(SECRET, RSA_KEY.public_key(), KID)) == Secret(SECRET)


def test_a_value_that_oath_ldap_never_sealed_is_taken_raw() -> None:
    assert opener(Form.OATH_JWE, PEM)(SECRET) == Secret(SECRET)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(oath_jwe(SECRET, RSA_KEY.public_key(), KID).replace(b'"tag": "', b'"tag": "AA'), id="changed"),
        pytest.param(oath_jwe(SECRET, RSA_KEY.public_key(), "another"), id="another-kid"),
        pytest.param(oath_jwe(SECRET, RSA_KEY.public_key(), KID).replace(b"RSA-OAEP", b"RSA1_5"), id="algorithm"),
        pytest.param(b'{"ciphertext": 1}', id="not-a-jwe"),
        pytest.param(b"{" * 9000, id="deep"),
        pytest.param(b"short", id="short"),
    ],
)
def test_what_does_not_open_as_oath_ldap_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"^[a-z]"):
        opener(Form.OATH_JWE, jwk(RSA_KEY, KID))(value)


def test_raw_secrets_are_bytes_in_ldif_and_base64_in_csv() -> None:
    assert opener(Form.RAW, text=False)(SECRET) == Secret(SECRET)
    assert opener(Form.RAW)(b64encode(SECRET)) == Secret(SECRET)
    with pytest.raises(ValueError, match="base64"):
        opener(Form.RAW)(b"?")


@pytest.mark.parametrize("form", [Form.DATASEALER, Form.SIOS, Form.OATH_JWE])
def test_a_form_that_needs_a_key_says_so(form: Form) -> None:
    with pytest.raises(ValueError, match="--key-file"):
        opener(form)


@pytest.mark.parametrize(
    ("form", "key"),
    [(Form.DATASEALER, "?"), (Form.DATASEALER, "# nothing"), (Form.OATH_JWE, "{}"), (Form.OATH_JWE, "-")],
)
def test_a_key_file_that_cannot_be_used_is_refused(form: Form, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        opener(form, key)


@settings(max_examples=200, deadline=None)
@given(value=st.binary(max_size=300), form=st.sampled_from([Form.DATASEALER, Form.OATH_JWE, Form.BASE32, Form.RAW]))
def test_no_value_ends_in_anything_but_a_secret_or_a_reason(value: bytes, form: Form) -> None:
    key = {Form.DATASEALER: b64encode(AES_KEY), Form.OATH_JWE: PEM}.get(form, b"")
    for wrapped in (value, b64encode(value), b"{" + value):
        with suppress(ValueError):
            assert opener(form, key)(wrapped)


def test_a_key_is_as_long_as_it_was(tmp_path: object) -> None:
    for size in (10, 16, 20, 32, 64):
        secret = os.urandom(size)
        assert opener(Form.BASE32)(b32encode(secret)).reveal() == secret
