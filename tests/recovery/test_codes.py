"""Recovery codes: 80 bits each, from the system's generator, kept as slow hashes (N18, ASVS 6.5.2)."""

import pytest

from idp.core.secret import Secret
from plugins.recovery.codes import ALPHABET, BITS, Hashes, codes_of, is_code, normalise

SEED = Secret(bytes(range(32)))
CODES = codes_of(SEED, 10)


def test_n18_each_code_has_at_least_64_bits_and_none_is_like_another() -> None:
    assert BITS >= 64
    assert len(set(CODES)) == 10
    assert len({codes_of(Secret(number.to_bytes(32, "big")), 1) for number in range(2000)}) == 2000
    assert all(is_code(normalise(code)) for code in CODES)
    assert len(ALPHABET) == len(set(ALPHABET)) == 32


def test_every_character_is_as_likely_in_every_place() -> None:
    codes = [normalise(code) for number in range(400) for code in codes_of(Secret(number.to_bytes(32, "big")), 10)]

    for place in range(16):
        counts = [sum(code[place] == each for code in codes) for each in ALPHABET]
        assert sum((count - 125) ** 2 / 125 for count in counts) < 75  # chi-squared, 31 degrees of freedom


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(str.lower, id="small"),
        pytest.param(lambda code: code.replace("-", ""), id="without-dashes"),
        pytest.param(lambda code: code.replace("-", " "), id="with-spaces"),
        pytest.param(lambda code: "".join(chr(ord(c) + 0xFEE0) for c in code), id="full-width"),
        pytest.param(lambda code: code.replace("0", "o").replace("1", "l"), id="look-alikes"),
        pytest.param(lambda code: f"  {code}\n", id="pasted-with-a-line-end"),
    ],
)
def test_a_code_is_read_as_people_type_it(change: object) -> None:
    for code in CODES:
        assert normalise(change(code)) == normalise(code)  # type: ignore[operator]


@pytest.mark.parametrize("typed", ["", "0" * 15, "0" * 17, "*" * 16, "U" * 16, "\ud800" * 16, "é" * 16, "\0" * 16])
def test_c82_whatever_else_is_typed_is_no_code(typed: str) -> None:
    assert not is_code(normalise(typed))


def test_a_code_is_found_by_its_hash_alone() -> None:
    hashes = Hashes.make(SEED, 10, b"s" * 16)
    kept = Hashes.read(hashes.to_bytes())

    assert kept == hashes
    assert [kept.find(normalise(code)) for code in (CODES[0], CODES[9])] == [0, 9]
    assert kept.find("0" * 16) is None
    for code in CODES:
        assert normalise(code).encode() not in hashes.to_bytes()
    assert Hashes.make(SEED, 1, b"t" * 16).hashes[0] != hashes.hashes[0]


@pytest.mark.parametrize("value", [b"", b"x" * 16, b"x" * 47, b"x" * 49])
def test_what_is_no_set_of_hashes_is_not_read(value: bytes) -> None:
    with pytest.raises(ValueError, match="hashes"):
        Hashes.read(value)
