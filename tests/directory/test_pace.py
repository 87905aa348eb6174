"""Time tells nobody who exists, however long this directory takes over a password (security.md W-08)."""

from collections.abc import Iterator
from threading import Event
from time import monotonic

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.plugin.tools import BindState
from tests.directory.conftest import Open
from tests.parts.false_server import FalseServer
from tests.parts.shim import Mode, Shim
from tests.parts.slapd import RunningSlapd

ALICE = Subject("7", "alice", f"uid=alice,{PEOPLE_DN}")
HASHING_SECONDS = 0.15


@pytest.fixture
def slow_over_alice() -> Iterator[Shim]:
    """A directory that hashes for a while for who exists, and says at once that a password of nobody is wrong."""
    answer = FalseServer(bind_code=49)
    hashing = Event()

    def reply(data: bytes) -> bytes:
        if ALICE.dn.encode() in data:
            hashing.wait(HASHING_SECONDS)
        return answer(data)

    shim = Shim(mode=Mode.ANSWER, answer=reply)
    yield shim
    hashing.set()
    shim.close()


def test_w08_nobodys_password_waits_for_as_long_as_a_persons(
    open_site: Open, slapd: RunningSlapd, slow_over_alice: Shim
) -> None:
    people = open_site(slapd, uris=(slow_over_alice.uri,), start_tls=False, ca=None).people
    assert people.bind(ALICE, Secret("not it")).state is BindState.WRONG

    began = monotonic()
    assert people.bind(None, Secret("not it")).state is BindState.WRONG

    assert monotonic() - began >= HASHING_SECONDS
