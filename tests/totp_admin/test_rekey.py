"""New keys for old: readable at all times, killed half-way and resumed, twice at once, counted (security.md X-04)."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idp.cli.keys import write_private
from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.ldif import write_record
from idp.core.secret import Secret
from idp.plugin import Holding
from idp.seal import load_seal_keys, make_seal_key
from plugins.totp.credential import TOTP
from tests.parts.site import Idp
from tests.parts.slapd import RunningSlapd
from tests.totp_admin.conftest import Desk

pytestmark = pytest.mark.slow
MANY = 900
"""More than a directory gives in one answer."""
PATIENCE_SECONDS = 60


def secret_for(name: str) -> Secret:
    return Secret(name.encode().ljust(20, b"."))


def enrol_many(desk: Desk, slapd: RunningSlapd, number: int) -> list[str]:
    names = [f"many{index:04}" for index in range(number)]
    person = [("changetype", b"add"), ("objectClass", b"inetOrgPerson"), ("cn", b"N"), ("sn", b"N")]
    slapd.server.apply("".join(write_record(f"uid={name},{PEOPLE_DN}", person) for name in names))
    for name in names:
        desk.idp.enrol(name, seed=secret_for(name))
    return names


def rotate(desk: Desk) -> Idp:
    """Put a new key in front of the one in use; gives the site that knows both."""
    write_private(desk.idp.conf / "keys" / "new.key", make_seal_key())
    file = desk.idp.conf / "idp.toml"
    file.write_text(file.read_text().replace('seal = ["keys/seal.key"]', 'seal = ["keys/new.key", "keys/seal.key"]'))
    return Idp.load(desk.idp.conf, desk.idp.clock)


def key_of(conf: Path, name: str) -> str:
    return load_seal_keys([conf / "keys" / name])[0].kid


def holdings(idp: Idp) -> Sequence[Holding]:
    return idp.site.keeper.all(TOTP)


def assert_all_readable(idp: Idp, names: list[str]) -> None:
    found = {item.subject.username: idp.site.keeper.open(item, TOTP).secrets["secret"] for item in holdings(idp)}
    assert found == {name: secret_for(name) for name in names}


def start(conf: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "idp.cli", "--conf", str(conf), "totp", "rekey"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_x04_killed_half_way_everything_stays_readable_and_is_resumed(desk: Desk, own_slapd: RunningSlapd) -> None:
    names = enrol_many(desk, own_slapd, MANY)
    both = rotate(desk)
    old, new = key_of(desk.idp.conf, "seal.key"), key_of(desk.idp.conf, "new.key")
    try:
        process = start(desk.idp.conf)
        deadline = time.monotonic() + PATIENCE_SECONDS
        first = holdings(both)[0].subject
        while (seen := both.site.keeper.one(first, TOTP)) is not None and new not in seen.key_ids:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGKILL)
        process.communicate()

        key_ids = [item.key_ids for item in holdings(both)]
        assert {old} in key_ids
        assert {new} in key_ids
        assert_all_readable(both, names)

        words, _ = start(desk.idp.conf).communicate(timeout=PATIENCE_SECONDS)
        lines = words.decode().splitlines()
        assert lines == [f"{new:<10}{MANY:>8}  the first key", f"{old:<10}{0:>8}  may be taken out of keys.seal"]
        assert_all_readable(both, names)
    finally:
        both.close()


def test_x04_two_at_once_do_no_harm(desk: Desk, own_slapd: RunningSlapd) -> None:
    names = enrol_many(desk, own_slapd, 120)
    both = rotate(desk)
    try:
        processes = [start(desk.idp.conf) for _ in range(2)]
        with ThreadPoolExecutor(2) as threads:
            ended = list(threads.map(lambda process: (process.communicate(), process.returncode), processes))

        assert [code for _, code in ended] == [0, 0], ended
        assert {frozenset({key_of(desk.idp.conf, "new.key")})} == {item.key_ids for item in holdings(both)}
        assert_all_readable(both, names)
    finally:
        both.close()


def test_a_dry_run_only_counts(desk: Desk) -> None:
    desk.idp.enrol("alice")
    both = rotate(desk)
    try:
        lines = Desk(both, desk.folder).run("rekey", "--dry-run").output.splitlines()
    finally:
        both.close()

    assert [line.split()[1] for line in lines] == ["0", "1"]
    assert lines[1].endswith("still needed")


def test_what_changes_meanwhile_keeps_its_change(desk: Desk) -> None:
    desk.idp.enrol("alice")
    both = rotate(desk)
    try:
        keeper = both.site.keeper
        (before,) = keeper.all(TOTP)
        desk.idp.enrol("alice", seed=Secret(bytes(range(20))))

        assert not keeper.reseal(before, TOTP)
        (after,) = keeper.all(TOTP)
        assert keeper.open(after, TOTP).secrets["secret"] == Secret(bytes(range(20)))
    finally:
        both.close()


def test_a_key_that_is_gone_is_counted_and_named(desk: Desk) -> None:
    desk.idp.enrol("alice")
    old = key_of(desk.idp.conf, "seal.key")
    write_private(desk.idp.conf / "keys" / "new.key", make_seal_key())
    file = desk.idp.conf / "idp.toml"
    file.write_text(file.read_text().replace('seal = ["keys/seal.key"]', 'seal = ["keys/new.key"]'))
    only_new = Idp.load(desk.idp.conf, desk.idp.clock)
    try:
        result = Desk(only_new, desk.folder).run("rekey")
    finally:
        only_new.close()

    assert result.exit_code == 1
    assert f"{old}" in result.output
    assert "cannot be opened" in result.output
    assert "D401" in result.output


def test_what_never_was_sealed_is_sealed_on_demand(desk: Desk, own_slapd: RunningSlapd) -> None:
    own_slapd.server.apply(
        f"dn: uid=bob,{PEOPLE_DN}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPToken\n-\n"
        "add: oathSecret\noathSecret: 12345678901234567890\n-\nadd: oathTokenIdentifier\noathTokenIdentifier: 7\n"
    )
    assert "never sealed" in desk.run("rekey").output

    assert desk.run("rekey", "--unsealed").exit_code == 0

    (holding,) = holdings(desk.idp)
    assert holding.key_ids == {desk.idp.site.keeper.key_ids[0]}
    assert desk.idp.site.keeper.open(holding, TOTP).secrets["secret"] == Secret(b"12345678901234567890")


def test_what_another_product_left_without_an_id_is_sealed_in_place(desk: Desk, own_slapd: RunningSlapd) -> None:
    own_slapd.server.apply(
        f"dn: uid=bob,{PEOPLE_DN}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPToken\n-\n"
        "add: oathSecret\noathSecret: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
    )

    result = desk.run("rekey", "--unsealed")

    (holding,) = holdings(desk.idp)
    credential = desk.idp.site.keeper.open(holding, TOTP)
    assert result.exit_code == 0, result.output
    assert (credential.secrets["secret"], credential.unsealed) == (Secret(b"12345678901234567890"), frozenset())
    assert len(credential.id) == 32


def test_a_directory_that_gives_too_few_says_so(desk: Desk, own_slapd: RunningSlapd) -> None:
    enrol_many(desk, own_slapd, 510)
    own_slapd.server.apply("dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\ndelete: olcLimits\n")

    result = desk.run("list")

    assert result.exit_code == 1
    assert "warifu directory install" in result.output


def test_x07_nothing_secret_is_to_be_seen_of_the_process(desk: Desk, own_slapd: RunningSlapd) -> None:
    enrol_many(desk, own_slapd, 60)
    both = rotate(desk)
    keys = [(desk.idp.conf / "keys" / name).read_bytes().strip() for name in ("new.key", "seal.key")]
    process = start(desk.idp.conf)
    try:
        place = Path("/proc", str(process.pid))
        seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        assert all(key not in seen for key in keys)
    finally:
        words, _ = process.communicate()
        both.close()
    assert all(key not in words for key in keys)
