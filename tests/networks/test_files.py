"""Networks as files say now: whole or not at all, and nobody is in what cannot be read (security.md N-07)."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.core.errors import Problem
from idp.core.network import parse_range
from idp.settings.live_networks import LOOK_SECONDS, LiveNetworks
from idp.settings.range_file import LARGEST_BYTES, parse_range_file
from idp.settings.watched import SETTLED_SECONDS

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CAMPUS = ip_address("192.0.2.10")
VPN = ip_address("192.0.2.200")
LAB = ip_address("203.0.113.5")
WHOLE = "# Example University\n192.0.2.0/24\nexcept 192.0.2.128/25   # the VPN\n2001:db8:c::/48\n\nend\n"
IN_A_FILE = '[networks.campus]\nfile = "campus.txt"\n[networks.lab]\nranges = ["203.0.113.0/24"]\n'
INLINE = '[networks.campus]\nranges = ["192.0.2.0/24"]\nexcept = ["192.0.2.128/25"]\n'


class Site:
    """A configuration with networks, looked at whenever a test asks, at a time of its own."""

    def __init__(self, folder: Path, toml: str) -> None:
        self.toml = folder / "idp.toml"
        self.list = folder / "campus.txt"
        self.toml.write_text(toml)
        self.list.write_text(WHOLE)
        self.now = datetime(2020, 1, 1, tzinfo=UTC)
        self.told: list[tuple[Problem, ...]] = []
        self.networks = LiveNetworks(self.toml, self._tell, self.now)

    def _tell(self, problems: Sequence[Problem]) -> None:
        self.told.append(tuple(problems))

    def name(self, address: object = CAMPUS) -> str:
        self.now += timedelta(seconds=LOOK_SECONDS)
        return self.networks.name(address, self.now)  # type: ignore[arg-type]

    def at(self, file: Path, seconds: float) -> None:
        """Let it be so many seconds after the file was changed."""
        self.now = datetime.fromtimestamp(file.stat().st_ctime, UTC) + timedelta(seconds=seconds - LOOK_SECONDS)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, IN_A_FILE)


def test_a_file_has_ranges_exceptions_and_comments(site: Site) -> None:
    assert (site.name(CAMPUS), site.name(VPN), site.name(LAB)) == ("campus", "outside", "lab")
    assert site.name(ip_address("2001:db8:c::1")) == "campus"
    assert (site.told, site.networks.problems) == ([], ())


def test_an_edited_file_counts_at_the_next_look(site: Site) -> None:
    site.list.write_text("203.0.113.0/25\nend\n")

    assert (site.name(CAMPUS), site.name(LAB)) == ("outside", "campus")
    assert site.told == [()]


@pytest.mark.parametrize("toml", [INLINE, IN_A_FILE], ids=["inline", "in-a-file"])
def test_an_edited_table_counts_at_the_next_look(tmp_path: Path, toml: str) -> None:
    site = Site(tmp_path, toml)
    site.toml.write_text(INLINE.replace("campus", "headquarters").replace("192.0.2.128/25", "192.0.2.10/32"))

    assert (site.name(CAMPUS), site.name(VPN)) == ("outside", "headquarters")


def _write(text: str) -> Callable[[Path], object]:
    return lambda file: file.write_text(text)


def _unreadable(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(Path.unlink, "No such file", id="N-07-vanished"),
        pytest.param(_write(""), "not whole", id="N-07-empty"),
        pytest.param(_write("# 192.0.2.0/24\nend\n"), "no range", id="N-07-only-comments"),
        pytest.param(_write("except 192.0.2.128/25\nend\n"), "no range", id="N-07-only-exceptions"),
        pytest.param(_write("192.0.2.0/24\n192.0.2.300/32\nend\n"), "line 2: '192.0.2.300/32'", id="N-07-no-range"),
        pytest.param(_write("192.0.2.1/24\nend\n"), "line 1: 192.0.2.1/24 has host bits", id="N-07-host-bits"),
        pytest.param(_write("192.0.2.0/24 192.0.3.0/24\nend\n"), "line 1", id="N-07-two-on-a-line"),
        pytest.param(_write("exception 192.0.2.0/24\nend\n"), "line 1", id="N-07-another-word"),
        pytest.param(_write("192.0.2.0/24\nend\n10.0.0.0/8\n"), "not whole", id="N-07-after-the-end"),
        pytest.param(lambda file: file.write_bytes(b"192.0.2.0/24\n\xff\nend\n"), "decode", id="N-07-no-text"),
        pytest.param(lambda file: file.write_bytes(b"\0" * 64), "not whole", id="N-07-zeros"),
        pytest.param(lambda file: file.write_bytes(b"#" * (LARGEST_BYTES + 1)), "larger", id="N-07-too-large"),
        pytest.param(_unreadable, "cannot be read", id="N-07-unreadable"),
        pytest.param(_folder, "not a file", id="N-07-a-folder"),
        pytest.param(_pipe, "not a file", id="N-07-a-pipe-that-nobody-writes"),
    ],
)
def test_what_cannot_be_read_holds_nobody_and_is_an_alarm(
    site: Site, spoil: Callable[[Path], object], says: str
) -> None:
    spoil(site.list)

    assert site.name(CAMPUS) == "outside"
    [[problem]] = site.told
    assert problem.key == "networks.campus"
    assert says in problem.what
    assert str(site.list) in problem.what


def test_n07_nobody_is_in_a_network_that_comes_after_one_that_cannot_be_read(site: Site) -> None:
    """The first may be there to take its addresses out of the second."""
    site.list.unlink()

    assert site.name(LAB) == "outside"


def test_n07_a_network_before_the_one_that_cannot_be_read_is_as_it_was(tmp_path: Path) -> None:
    site = Site(tmp_path, INLINE.replace("campus", "lab") + '[networks.campus]\nfile = "campus.txt"\n')
    site.list.unlink()

    assert site.name(CAMPUS) == "lab"


def test_a_file_that_is_mended_holds_its_people_again(site: Site) -> None:
    site.list.write_text("")
    site.name()
    site.list.write_text(WHOLE)

    assert site.name() == "campus"
    assert site.told[-1] == ()


def test_what_was_wrong_at_the_start_is_told_at_the_first_look(tmp_path: Path) -> None:
    site = Site(tmp_path, IN_A_FILE.replace("campus.txt", "nothing.txt"))
    assert len(site.networks.problems) == 1
    assert site.told == []

    assert site.name() == "outside"
    assert site.told == [site.networks.problems]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[networks.campus", "networks", id="N-07-no-toml"),
        pytest.param("networks = 3\n", "not a table", id="N-07-no-tables"),
        pytest.param("[networks]\ncampus = 3\n", "networks.campus", id="N-07-no-table"),
        pytest.param(INLINE.replace("192.0.2.0/24", "192.0.2.1/24"), "write 192.0.2.0/24", id="N-07-host-bits"),
        pytest.param(INLINE.replace("except", "excpet"), "excpet", id="N-07-unknown-key"),
        pytest.param(INLINE + 'file = "campus.txt"\n', "remove `ranges`", id="N-07-two-places"),
        pytest.param(INLINE + "[networks.outside]\n", "networks.outside", id="N-07-outside-is-taken"),
        pytest.param("", "not there any more", id="N-07-empty"),
    ],
)
def test_a_table_that_cannot_be_read_holds_nobody_and_is_an_alarm(tmp_path: Path, text: str, says: str) -> None:
    site = Site(tmp_path, INLINE)
    site.toml.write_text(text)

    assert site.name(VPN) == "outside"
    assert any(says in str(problem) for problem in site.told[-1])
    if "outside" not in text:
        assert site.name(CAMPUS) == "outside"


@UNHURRIED
@given(st.integers(0, len(WHOLE) - 1))
def test_n07_no_beginning_of_a_file_is_a_file(length: int) -> None:
    """Half of it may lack the exceptions, or end in a range that is wider than the one that was meant."""
    if WHOLE[:length].rstrip() == WHOLE.rstrip():
        return
    with pytest.raises(ValueError, match=r"whole|range|write"):
        parse_range_file(WHOLE[:length].encode())


@UNHURRIED
@given(
    st.lists(st.sampled_from(["192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32", "198.51.100.7"]), min_size=1),
    st.lists(st.sampled_from(["192.0.2.128/25", "2001:db8:ffff::/48"])),
    st.randoms(use_true_random=False),
    st.sampled_from(["\n", "\r\n", "\n\n", "  \n", " # a comment\n"]),
)
def test_a_file_says_what_is_written_in_it(ranges: list[str], exceptions: list[str], order, newline: str) -> None:  # type: ignore[no-untyped-def]
    lines = [*ranges, *(f"except {each}" for each in exceptions)]
    order.shuffle(lines)

    found = parse_range_file((newline.join([*lines, "end"]) + newline).encode())

    assert sorted(map(str, found.ranges)) == sorted(str(parse_range(each)) for each in ranges)
    assert sorted(map(str, found.exceptions)) == sorted(exceptions)


def test_n07_a_readable_half_of_a_table_is_not_believed_while_it_is_being_written(tmp_path: Path) -> None:
    site = Site(tmp_path, INLINE)
    half, _, _ = INLINE.partition("except")
    site.toml.write_text(half)
    site.at(site.toml, SETTLED_SECONDS / 2)
    assert site.name(VPN) == "outside"

    site.toml.write_text(INLINE)
    site.at(site.toml, SETTLED_SECONDS)
    assert (site.name(VPN), site.name(CAMPUS)) == ("outside", "campus")


def test_what_was_changed_is_taken_a_second_later(tmp_path: Path) -> None:
    site = Site(tmp_path, INLINE)
    site.toml.write_text(INLINE.replace("192.0.2.128/25", "192.0.2.0/25"))
    site.at(site.toml, 0.5)
    assert site.name(VPN) == "outside"
    site.at(site.toml, 1.5)
    assert site.name(VPN) == "campus"


def test_files_are_looked_at_once_in_a_second(site: Site) -> None:
    site.list.unlink()

    assert site.networks.name(CAMPUS, site.now) == "campus"
    assert site.networks.name(CAMPUS, site.now + timedelta(seconds=LOOK_SECONDS)) == "outside"


def test_a_clock_that_was_set_back_does_not_stop_the_looking(site: Site) -> None:
    site.list.unlink()

    assert site.networks.name(CAMPUS, site.now - timedelta(hours=1)) == "outside"
