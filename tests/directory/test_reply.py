"""A server's answer is read whole, in whatever pieces it comes, and nothing else is taken for one."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.directory.reply import ReplyError, read_cookie, read_reply
from idp.directory.result import Entry, Found
from idp.directory.wire import PAGED, integer, message, text, tlv

SEARCH, BIND, EXTENDED = 0x63, 0x60, 0x77
NUMBER = 7
RESULT = (integer(0, 0x0A), text(""), text("fine"))
DONE = message(NUMBER, tlv(0x65, *RESULT))


def _entry(dn: str, attributes: dict[str, Sequence[bytes]]) -> bytes:
    held = (tlv(0x30, text(name), tlv(0x31, *(tlv(4, each) for each in values))) for name, values in attributes.items())
    return message(NUMBER, tlv(0x64, text(dn), tlv(0x30, *held)))


def _sender(data: bytes, sizes: Sequence[int] = ()) -> Callable[[int], bytes]:
    left, turns = bytearray(data), iter(sizes)

    def receive(most: int) -> bytes:
        size = min(most, next(turns, most))
        piece = bytes(left[:size])
        del left[:size]
        return piece

    return receive


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cs",))),
            st.dictionaries(st.sampled_from(["uid", "cn", "jpegPhoto"]), st.lists(st.binary(max_size=300))),
        ),
        max_size=4,
    ),
    st.lists(st.integers(1, 40), max_size=30),
)
def test_what_was_sent_is_read_in_whatever_pieces(
    people: list[tuple[str, dict[str, list[bytes]]]], sizes: list[int]
) -> None:
    data = b"".join(_entry(dn, dict(held)) for dn, held in people) + DONE

    found, more = read_reply(_sender(data, sizes), NUMBER, SEARCH)

    expected = tuple(Entry(dn, {name.lower(): tuple(held[name]) for name in held}) for dn, held in people)
    assert (found.answer.code, found.answer.message, found.entries, more) == (0, "fine", expected, False)


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_refused(data: bytes) -> None:
    try:
        read_reply(_sender(data), NUMBER, SEARCH)
    except (ReplyError, ValueError):
        return


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            message(0, tlv(0x78, *RESULT, tlv(0x8A, b"1.3.6.1.4.1.1466.20036"))), id="notice-of-disconnection"
        ),
        pytest.param(message(8, tlv(0x65, *RESULT)), id="the-answer-to-another-request"),
        pytest.param(message(NUMBER, tlv(0x61, *RESULT)), id="a-bind-response-to-a-search"),
        pytest.param(DONE[:-1], id="cut-short"),
        pytest.param(b"", id="closed"),
        pytest.param(b"\x30\x80" + DONE[2:] + b"\x00\x00", id="a-length-without-end"),
        pytest.param(b"\x30\x84\x7f\xff\xff\xff", id="too-long"),
        pytest.param(message(NUMBER, tlv(0x65, tlv(0x04, b"\x00"), *RESULT[1:])), id="a-code-that-is-a-text"),
        pytest.param(message(NUMBER, b"\x65\x7f" + b"".join(RESULT)), id="longer-than-what-holds-it"),
    ],
)
def test_what_is_not_the_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ReplyError):
        read_reply(_sender(data), NUMBER, SEARCH)


def test_a_server_that_says_more_than_was_asked_is_noticed() -> None:
    found, more = read_reply(_sender(DONE + DONE), NUMBER, SEARCH)

    assert (found.answer.code, more) == (0, True)


def test_references_are_left_out_and_controls_and_values_are_read() -> None:
    reference = message(NUMBER, tlv(0x73, text("ldap://elsewhere.example.org/")))
    cookie = tlv(0x30, integer(0), tlv(4, b"next"))
    controls = tlv(0xA0, tlv(0x30, text(PAGED), b"\x01\x01\x00", tlv(4, cookie)), tlv(0x30, text("1.2.3")))

    found = _read(reference + message(NUMBER, tlv(0x65, *RESULT), controls), SEARCH)
    named = _read(message(NUMBER, tlv(0x78, *RESULT, tlv(0x8B, b"dn:uid=a"))), EXTENDED)

    assert (found.entries, set(found.answer.controls), found.answer.controls["1.2.3"]) == ((), {PAGED, "1.2.3"}, b"")
    assert read_cookie(found.answer.controls[PAGED]) == b"next"
    assert named.answer.value == b"dn:uid=a"


def _read(data: bytes, request_tag: int) -> Found:
    return read_reply(_sender(data), NUMBER, request_tag)[0]
