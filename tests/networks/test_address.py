"""An address is read or it is outside, and a network holds what its ranges hold (security.md N-02, N-03)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.core.network import OUTSIDE, Address, Network, Range, Ranges, name_network, parse_address, parse_range

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CAMPUS = Network("campus", map(parse_range, ("192.0.2.0/24", "2001:db8:c::/48")), map(parse_range, ("192.0.2.128/25",)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="N-02-empty"),
        pytest.param("unknown", id="N-02-unknown"),
        pytest.param("192.0.2.10:4711", id="N-02-port"),
        pytest.param("[2001:db8:c::1]", id="N-02-brackets"),
        pytest.param("[2001:db8:c::1]:443", id="N-02-brackets-and-port"),
        pytest.param("2001:db8:c::1%eth0", id="N-02-zone"),
        pytest.param("::ffff:192.0.2.10%1", id="N-02-mapped-with-zone"),
        pytest.param("192.000.002.010", id="N-02-octal"),
        pytest.param("0300.0.2.10", id="N-02-octal-first"),
        pytest.param("0xc0.0.2.10", id="N-02-hexadecimal"),
        pytest.param("192.0.522", id="N-02-three-parts"),
        pytest.param("3221225994", id="N-02-number"),
        pytest.param("192.0.2.10/32", id="N-02-range"),
        pytest.param("192.0.2.10 ", id="N-02-space"),
        pytest.param("１９２.0.2.10", id="N-02-wide-digits"),
        pytest.param("192.0.2.10\x00", id="N-02-nul"),
        pytest.param("192.0.2.10," * 1000, id="N-02-10-kB"),
        pytest.param("::ffff:192.0.02.10", id="N-02-mapped-octal"),
    ],
)
def test_what_is_not_plainly_an_address_is_outside(text: str) -> None:
    assert parse_address(text) is None
    assert name_network(parse_address(text), [CAMPUS]) == OUTSIDE


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("192.0.2.10", "campus", id="N-03-v4"),
        pytest.param("::ffff:192.0.2.10", "campus", id="N-03-mapped"),
        pytest.param("0:0:0:0:0:FFFF:c000:020a", "campus", id="N-03-mapped-in-full"),
        pytest.param("::ffff:192.0.2.200", OUTSIDE, id="N-03-mapped-exception"),
        pytest.param("::ffff:10.0.0.1", OUTSIDE, id="N-02-mapped-outside"),
        pytest.param("::192.0.2.10", OUTSIDE, id="N-03-compatible-is-not-mapped"),
        pytest.param("64:ff9b::192.0.2.10", OUTSIDE, id="N-03-translated-is-not-mapped"),
        pytest.param("2001:DB8:C:0::1", "campus", id="N-03-v6"),
        pytest.param("2001:db8:c:ffff:ffff:ffff:ffff:ffff", "campus", id="N-03-v6-last"),
        pytest.param("2001:db8:d::", OUTSIDE, id="N-03-v6-next"),
        pytest.param("192.0.2.127", "campus", id="N-03-before-the-exception"),
        pytest.param("192.0.2.128", OUTSIDE, id="N-03-the-exception"),
        pytest.param("192.0.3.0", OUTSIDE, id="N-03-after-the-range"),
    ],
)
def test_both_families_and_mapped_addresses_are_told_apart(text: str, name: str) -> None:
    assert name_network(parse_address(text), [CAMPUS]) == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("192.0.2.1/24", "write 192.0.2.0/24"),
        ("2001:db8::1/32", "write 2001:db8::/32"),
        ("::ffff:192.0.2.0/120", "write it as IPv4"),
        ("192.0.2.0/255.255.255.0", "not a range"),
        ("192.0.2.0/0.0.0.255", "not a range"),
        ("192.0.2.0/", "not a range"),
        ("192.0.2.0/33", "not a range"),
        ("192.0.02.0/24", "not a range"),
        ("fe80::1%eth0", "not a range"),
        ("campus.example.ac.jp", "not a range"),
        ("", "not a range"),
    ],
)
def test_a_range_is_written_one_way(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_range(text)


def test_one_address_is_a_range() -> None:
    assert parse_range("192.0.2.7") == ip_network("192.0.2.7/32")


FEW_V4 = st.integers(0xC0000200, 0xC00002FF).map(IPv4Address)
FEW_V6 = st.integers(0x20010DB8 << 96, (0x20010DB8 << 96) + 255).map(IPv6Address)
ADDRESSES = st.one_of(FEW_V4, FEW_V6, st.ip_addresses())


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    address = draw(ADDRESSES)
    wide = address.max_prefixlen
    return ip_network((address, draw(st.integers(max(0, wide - 9), wide) | st.integers(0, wide))), strict=False)


def _is_in(address: Address, found: Sequence[Range]) -> bool:
    return any(address.version == each.version and address in each for each in found)


@UNHURRIED
@given(st.lists(ranges(), max_size=12), ADDRESSES)
def test_n03_ranges_hold_what_any_of_them_holds(found: list[Range], address: Address) -> None:
    assert (address in Ranges(found)) is _is_in(address, found)


@UNHURRIED
@given(st.lists(ranges(), max_size=8), ranges())
def test_n03_ranges_touch_and_hold_a_range_by_its_addresses(found: list[Range], item: Range) -> None:
    of_family = [each for each in found if each.version == item.version]

    assert Ranges(found).touches(item) is any(each.overlaps(item) for each in of_family)
    if any(item.subnet_of(each) for each in of_family):
        assert Ranges(found).holds(item)
    if Ranges(found).holds(item):
        assert _is_in(item[0], found)
        assert _is_in(item[-1], found)


NETWORKS = st.lists(
    st.tuples(st.lists(ranges(), max_size=4), st.lists(ranges(), max_size=2), st.booleans()), max_size=5
)


@UNHURRIED
@given(NETWORKS, st.none() | ADDRESSES)
def test_n07_the_first_network_that_holds_an_address_names_it_and_nobody_is_in_or_after_an_unknown_one(
    found: list[tuple[list[Range], list[Range], bool]], address: Address | None
) -> None:
    expected = OUTSIDE
    for number, (held, excepted, is_known) in enumerate(found):
        if not is_known or address is None:
            break
        if _is_in(address, held) and not _is_in(address, excepted):
            expected = f"n{number}"
            break

    networks = [Network(f"n{number}", each[0], each[1], is_known=each[2]) for number, each in enumerate(found)]
    assert name_network(address, networks) == expected


@UNHURRIED
@given(st.text(max_size=60) | st.from_regex(r"[0-9a-fA-F.:%/\[\] ,x]{1,50}", fullmatch=True))
def test_n02_whatever_is_read_is_an_address_that_is_written_so(text: str) -> None:
    found = parse_address(text)

    if found is not None:
        assert "%" not in text
        assert found == ip_address(text) or (isinstance(found, IPv4Address) and ip_address(text).ipv4_mapped == found)  # type: ignore[union-attr]
        assert not isinstance(found, IPv6Address) or found.ipv4_mapped is None


@UNHURRIED
@given(ADDRESSES)
def test_n03_an_address_and_its_mapped_form_are_one(address: Address) -> None:
    assert parse_address(str(address)) == (getattr(address, "ipv4_mapped", None) or address)
    if isinstance(address, IPv4Address):
        assert parse_address(f"::ffff:{address}") == address
