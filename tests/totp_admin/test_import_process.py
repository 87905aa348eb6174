"""An import as a process of its own: on a terminal, watched in /proc, killed half-way, interrupted, of many people."""

import os
import pty
import signal
import subprocess
import sys
import time
from base64 import b32encode
from hashlib import sha1
from pathlib import Path

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.ldif import write_record
from idp.core.secret import Secret
from idp.plugin import Holding
from plugins.totp.credential import TOTP
from tests.parts.slapd import RunningSlapd
from tests.totp_admin.conftest import Desk

pytestmark = pytest.mark.slow
MANY = 2500
PATIENCE_SECONDS = 60


def secret_for(name: str) -> bytes:
    return sha1(name.encode(), usedforsecurity=False).digest()


def write_people(desk: Desk, slapd: RunningSlapd, number: int) -> tuple[list[str], Path]:
    """Make entries, and the file with their keys."""
    names = [f"many{index:05}" for index in range(number)]
    person = [("changetype", b"add"), ("objectClass", b"inetOrgPerson"), ("cn", b"N"), ("sn", b"N")]
    slapd.server.apply("".join(write_record(f"uid={name},{PEOPLE_DN}", person) for name in names))
    rows = "".join(f"{name},{b32encode(secret_for(name)).decode()}\n" for name in names)
    return names, desk.file("many.csv", f"username,key\n{rows}")


def command(desk: Desk, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "idp.cli", "--conf", str(desk.idp.conf), "totp", *arguments]


def start(desk: Desk, *arguments: str) -> "subprocess.Popen[bytes]":
    # Whoever runs the tests in the background has told them to ignore an interruption, which children inherit.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command(desk, *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    finally:
        signal.signal(signal.SIGINT, before)


def holdings(desk: Desk) -> dict[str, Holding]:
    return {item.subject.username: item for item in desk.idp.site.keeper.all(TOTP)}


def wait_until_begun(desk: Desk, first: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    subject = desk.idp.site.directory.find(first)
    assert subject is not None
    while desk.idp.site.keeper.one(subject, TOTP) is None:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_half_way_through_and_run_again_everybody_is_there_once(
    desk: Desk, own_slapd: RunningSlapd, by: signal.Signals
) -> None:
    names, file = write_people(desk, own_slapd, MANY)
    process = start(desk, "import", str(file))
    wait_until_begun(desk, names[0])
    process.send_signal(by)
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    before = holdings(desk)
    assert 0 < len(before) < MANY
    assert process.returncode != 0
    assert by is signal.SIGKILL or b"Run the same command again" in said

    again, _ = start(desk, "import", str(file)).communicate(timeout=PATIENCE_SECONDS)

    after = holdings(desk)
    assert again.decode() == f"{MANY - len(before)} registered, 0 refused, {len(before)} as they were\n"
    assert {name: after[name].stored for name in before} == {name: item.stored for name, item in before.items()}
    keeper = desk.idp.site.keeper
    opened = {name: keeper.open(item, TOTP).secrets["secret"] for name, item in after.items()}
    assert opened == {name: Secret(secret_for(name)) for name in names}


def test_x07_all_the_while_no_key_is_in_arguments_environment_or_open_files_of_others(
    desk: Desk, own_slapd: RunningSlapd
) -> None:
    names, file = write_people(desk, own_slapd, 800)
    keys = {secret_for(name) for name in names} | {b32encode(secret_for(name)) for name in names}
    keys.add((desk.idp.conf / "keys" / "seal.key").read_bytes().strip())
    process = start(desk, "import", str(file))
    place, seen, opened, looks = Path("/proc", str(process.pid)), b"", set(), 0
    while process.poll() is None:
        try:
            seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes() + (place / "comm").read_bytes()
            opened |= {str(each.readlink()) for each in (place / "fd").iterdir()}
        except OSError:
            continue
        assert not any(key in seen for key in keys)
        looks += 1
    said, _ = process.communicate()

    assert (process.returncode, looks > 3) == (0, True), said
    assert not any(key in said for key in keys)
    written = [Path(name) for name in opened if name.startswith("/") and Path(name).is_file()]
    assert all(path == file or not any(key in path.read_bytes() for key in keys) for path in _of_ours(written, desk))


def _of_ours(files: list[Path], desk: Desk) -> list[Path]:
    """Leave out programs and libraries."""
    return [path for path in files if desk.folder in path.parents or "tmp" in path.parts]


def on_a_terminal(arguments: list[str]) -> str:
    """Run a command on a terminal of its own and give what it drew there."""
    child, terminal = pty.fork()
    if not child:
        os.execv(arguments[0], arguments)
    drawn = b""
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # how Linux says that nobody is left on the other side
            break
        if not part:
            break
        drawn += part
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, drawn
    return drawn.decode()


def test_a_terminal_shows_how_far_it_is_and_a_file_is_left_clean(desk: Desk, own_slapd: RunningSlapd) -> None:
    _, file = write_people(desk, own_slapd, 120)

    drawn = on_a_terminal(command(desk, "import", str(file)))
    quiet, _ = start(desk, "import", str(file)).communicate(timeout=PATIENCE_SECONDS)

    assert "import  [" in drawn
    assert "120/120" in drawn
    assert "120 registered, 0 refused" in drawn
    assert quiet == b"0 registered, 0 refused, 120 as they were\n"


@pytest.mark.alone
def test_ten_thousand_people_in_a_minute(desk: Desk, own_slapd: RunningSlapd) -> None:
    names, file = write_people(desk, own_slapd, 10_000)
    began = time.monotonic()

    said, _ = start(desk, "import", str(file)).communicate(timeout=3 * PATIENCE_SECONDS)

    assert time.monotonic() - began < 60
    assert said == b"10000 registered, 0 refused\n"
    assert len(desk.run("list").output.splitlines()) == len(names) + 1
