"""The supervisor starts again what may be, stops in reverse order, and leaves nothing behind however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE_SECONDS = 20.0

_SUPERVISE = """
import sys
from idp.cli.supervisor import Program, Supervisor
child = [sys.executable, "-c", '''
import os, signal, sys, time
name, folder = sys.argv[1:]
def end(*_):
    with open(f"{folder}/ended", "a") as file: file.write(name + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGHUP, lambda *_: open(f"{folder}/{name}.hup", "w").close())
with open(f"{folder}/{name}.part", "w") as file: file.write(str(os.getpid()))
os.rename(f"{folder}/{name}.part", f"{folder}/{name}.pid")
while True: time.sleep(60)
''']
folder = sys.argv[1]
programs = [
    Program("first", [*child, "first", folder], hang_up=True),
    Program("spare", [*child, "spare", folder], essential=False),
    Program("last", [*child, "last", folder]),
]
sys.exit(Supervisor(programs, up=lambda: open(f"{folder}/up", "w").close()).run())
"""


class Supervised:
    """A supervisor in a process of its own, with three children that write down what happens to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen([sys.executable, "-c", _SUPERVISE, str(folder)], stderr=subprocess.PIPE)
        await_that(lambda: all((folder / f"{name}.pid").exists() for name in ("first", "spare", "last")))
        self.pids = {name: self.pid(name) for name in ("first", "spare", "last")}

    def pid(self, name: str) -> int:
        return int((self.folder / f"{name}.pid").read_text())

    @property
    def ended(self) -> list[str]:
        file = self.folder / "ended"
        return file.read_text().split() if file.exists() else []


def await_that(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    running = Supervised(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()
    if running.process.stderr:
        running.process.stderr.close()
    await_that(lambda: not any(map(is_alive, running.pids.values())))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_children_end_in_reverse_order(supervised: Supervised, number: signal.Signals) -> None:
    supervised.process.send_signal(number)

    assert supervised.process.wait(PATIENCE_SECONDS) == 0
    assert supervised.ended == ["last", "spare", "first"]


def test_a_killed_child_is_started_again(supervised: Supervised) -> None:
    before = supervised.pid("spare")

    os.kill(before, signal.SIGKILL)
    await_that(lambda: supervised.pid("spare") != before)

    assert supervised.process.poll() is None
    assert is_alive(supervised.pid("spare"))
    supervised.pids["spare"] = supervised.pid("spare")


def test_without_an_essential_child_everything_ends(supervised: Supervised) -> None:
    os.kill(supervised.pids["first"], signal.SIGKILL)

    assert supervised.process.wait(PATIENCE_SECONDS) == 1
    assert supervised.ended == ["last", "spare"]
    assert supervised.process.stderr is not None
    assert b"first ended (signal SIGKILL)" in supervised.process.stderr.read()


def test_a_killed_supervisor_leaves_no_orphan(supervised: Supervised) -> None:
    supervised.process.kill()
    supervised.process.wait()

    await_that(lambda: not any(map(is_alive, supervised.pids.values())))


def test_sighup_reaches_who_understands_it(supervised: Supervised) -> None:
    await_that((supervised.folder / "up").exists)
    supervised.process.send_signal(signal.SIGHUP)

    await_that((supervised.folder / "first.hup").exists)
    assert not (supervised.folder / "last.hup").exists()
    assert supervised.process.poll() is None
