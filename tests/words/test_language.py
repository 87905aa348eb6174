import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.words import choose_language

AVAILABLE = ("ja", "en", "zh-Hant")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "ja"),
        ("en", "en"),
        ("en-GB, en;q=0.8", "en"),
        ("EN-us", "en"),
        ("ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7", "ja"),
        ("fr, en;q=0.5, ja;q=0.4", "en"),
        ("en;q=0.4, ja;q=0.5", "ja"),
        ("en ; q=0.9 , ja ; Q=0.8", "en"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh", "ja"),
        ("fr", "ja"),
        ("*", "ja"),
        ("ja;q=0, *", "en"),
        ("ja;q=0, fr, *;q=0.1", "en"),
        ("*;q=0", "ja"),
        ("en;q=0", "ja"),
        ("en;q=1.5, ja;q=0.1", "ja"),
        ("en;q=, ja;q=0.1", "ja"),
        ("en;q=-1", "ja"),
        ("en;q=0.1234, ja", "ja"),
        ("e n, ja;q=0.1", "ja"),
        (",,, ,en", "en"),
        ("../../etc/passwd", "ja"),
        pytest.param("fr," * 400 + "en", "ja", id="beyond the longest"),
        pytest.param("x" * 10_000_000, "ja", id="huge"),
    ],
)
def test_the_best_language_of_the_header_is_taken(header: str, expected: str) -> None:
    assert choose_language(header, "", "", AVAILABLE) == expected


def test_a_choice_goes_before_the_cookie_and_the_cookie_before_the_header() -> None:
    assert choose_language("ja", "ja", "en", AVAILABLE) == "en"
    assert choose_language("ja", "en", "", AVAILABLE) == "en"
    assert choose_language("ja", "en", "fr", AVAILABLE) == "en", "an unknown choice is none"
    assert choose_language("en", "<script>", "../en", AVAILABLE) == "en"


@given(header=st.text(max_size=200), cookie=st.text(max_size=20), query=st.text(max_size=20))
def test_whatever_is_sent_some_language_is_given(header: str, cookie: str, query: str) -> None:
    assert choose_language(header, cookie, query, AVAILABLE) in AVAILABLE
