"""Entries as text and back: nothing in a value becomes a line (security.md X-06)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.ldif import LDIFRecord, read_records, write_record
from tests.parts.slapd import RunningSlapd, own_slapd

__all__ = ["own_slapd"]

NASTY = [
    b"line\nuserPassword: x",
    b"line\r\ndn: uid=admin",
    b" leading space",
    b"trailing space ",
    b":colon",
    b"<file:///etc/passwd",
    b"\0nul",
    "愛".encode(),
    b"x" * 500,
    b"",
    b"# no comment",
    b"-",
    b"\xff\xfe",
]
NAMES = st.sampled_from(["cn", "description", "oathSecret", "userCertificate;binary"])


def round_trip(text: str) -> list[LDIFRecord]:
    return list(read_records(line.encode() for line in text.splitlines(keepends=True)))


@pytest.mark.parametrize("value", [pytest.param(value, id=f"X-06-{number}") for number, value in enumerate(NASTY)])
def test_a_value_stays_a_value(value: bytes) -> None:
    (record,) = round_trip(write_record("uid=a,dc=b", [("cn", value), ("sn", b"after")]))

    assert record.dn == "uid=a,dc=b"
    assert record.values == {"cn": (value,), "sn": (b"after",)}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
            st.lists(st.tuples(NAMES, st.binary(max_size=120)), max_size=5),
        ),
        max_size=4,
    )
)
def test_x06_whatever_is_written_is_read_back(entries: list[tuple[str, list[tuple[str, bytes]]]]) -> None:
    text = "".join(write_record(dn, attributes) for dn, attributes in entries)

    assert text.isascii()
    assert all(len(line) <= 76 for line in text.splitlines())
    read = round_trip(text)
    assert [record.dn for record in read] == [dn for dn, _ in entries]
    for record, (_, attributes) in zip(read, entries, strict=True):
        expected: dict[str, tuple[bytes, ...]] = {}
        for name, value in attributes:
            expected[name.lower()] = (*expected.get(name.lower(), ()), value)
        assert record.values == expected


def test_x06_openldap_reads_what_is_written(own_slapd: RunningSlapd) -> None:
    values = [value for value in NASTY if value.strip(b" ") and b"\0" not in value and value != b"\xff\xfe"]
    people = [
        (
            f"uid=n{number},{PEOPLE_DN}",
            [("changetype", b"add"), ("objectClass", b"inetOrgPerson"), ("cn", b"N"), ("sn", value)],
        )
        for number, value in enumerate(values)
    ]
    own_slapd.server.apply("".join(write_record(dn, attributes) for dn, attributes in people))

    dumped = round_trip(own_slapd.server.dump())

    stored = {record.dn: record.first("sn") for record in dumped}
    assert [stored[dn] for dn, _ in people] == values


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("dn: a=b\nchangetype: delete\n", "line 2: only entries"),
        ("dn: a=b\ncn:< file:///etc/passwd\n", "line 2: values from files"),
        ("cn: x\n", "line 1: an entry begins"),
        ("dn: a=b\nno colon\n", "line 2: no attribute"),
        ("dn: a=b\ncn:: ?\n", "line 2: not base64"),
        ("dn: a=b\n" + "cn: " + "x" * 2_000_000, "longer than"),
        ("dn:: /w==\n", "not UTF-8"),
    ],
    ids=["change", "file", "no-dn", "no-colon", "base64", "long", "utf8"],
)
def test_what_is_no_entry_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        round_trip(text)


def test_folded_lines_comments_and_the_version_are_understood() -> None:
    (record,) = round_trip("version: 1\n# a comment\n that goes on\ndn: uid=a,\n dc=b\ncn: one\n  two\n\n\n")

    assert (record.dn, record.first("CN")) == ("uid=a,dc=b", b"one two")
