"""The arithmetic: vectors of RFC 4226 and RFC 6238, keys of old, one time for every comparison."""

import base64
import hmac
from datetime import UTC, datetime

import pytest

from idp.core.secret import Secret
from plugins.totp.codes import code_at, is_code, matching_step, normalise, step_at
from tests.parts.site import SEED

RFC_4226 = ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489")
RFC_6238 = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize(("counter", "code"), list(enumerate(RFC_4226)), ids=lambda value: f"RFC4226-D-{value}")
def test_hotp_values(counter: int, code: str) -> None:
    assert code_at(SEED, counter) == code


@pytest.mark.parametrize(("second", "code"), RFC_6238.items(), ids=lambda value: f"RFC6238-B-{value}")
def test_totp_values_of_sha1_in_their_last_six_digits(second: int, code: str) -> None:
    assert code_at(SEED, step_at(datetime.fromtimestamp(second, UTC))) == code[-6:]


@pytest.mark.parametrize("size", [10, 13, 14, 16, 20, 32, 64, 65, 128], ids=lambda size: f"T-10-{size * 8}-bit")
def test_keys_of_any_length_give_the_codes_of_plain_hmac(size: int) -> None:
    key = bytes(range(1, size + 1))
    digest = hmac.digest(key, (1234).to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF

    assert code_at(Secret(key), 1234) == f"{number % 1_000_000:06}"


@pytest.mark.parametrize("offset", [-1, 0, 1, None], ids=["T-39-before", "T-39-now", "T-39-next", "T-39-none"])
def test_every_step_of_the_window_is_compared_in_constant_time_whatever_fits(
    offset: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    code = "000000" if offset is None else code_at(SEED, 100 + offset)
    monkeypatch.setattr("plugins.totp.codes.hmac", type("Watched", (), {"compare_digest": staticmethod(compare)}))
    found = matching_step(SEED, code, 100, 1)

    assert found == (None if offset is None else 100 + offset)
    assert len(compared) == 3


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("000123", "000123", id="T-09-leading-zeros-stay"),
        pytest.param(" 123456 ", "123456", id="T-09-spaces-around"),
        pytest.param("123 456", "123456", id="T-09-space-inside"),
        pytest.param("123-456", "123456", id="T-09-dash"),
        pytest.param("１２３４５６", "123456", id="T-09-full-width"),
        pytest.param("１２３\u3000４５６", "123456", id="T-09-full-width-space"),
        pytest.param("123456\n", "123456", id="T-09-newline"),
    ],
)
def test_what_people_add_to_a_code_is_taken_away(typed: str, expected: str) -> None:
    assert normalise(typed) == expected
    assert is_code(normalise(typed))


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("12345", id="T-09-five-digits"),
        pytest.param("1234567", id="T-09-seven-digits"),
        pytest.param("12345a", id="T-09-letter"),
        pytest.param("١٢٣٤٥٦", id="T-09-arabic-indic"),
        pytest.param("12345６a", id="T-09-mixed"),
        pytest.param("+12345", id="T-09-sign"),
        pytest.param("1234.5", id="T-09-point"),
        pytest.param("1e5000", id="T-09-exponent"),
        pytest.param("-12345", id="T-09-negative"),
        pytest.param("\u2075\u2075\u2075\u2075\u2075x", id="T-09-superscript"),
        pytest.param("9" * 1_000_000, id="T-09-one-megabyte"),
        pytest.param("", id="T-09-empty"),
    ],
)
def test_anything_else_is_no_code(typed: str) -> None:
    assert not is_code(normalise(typed))


def test_t10_an_eighty_bit_key_is_what_old_generators_made() -> None:
    key = Secret(base64.b32decode("JBSWY3DPEHPK3PXP"))

    assert len(key.reveal()) == 10
    assert code_at(key, 1) == "996554"
