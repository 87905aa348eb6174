"""The private slapd of the demo and the tests, and the files of conf/ldap that it is made from."""

from pathlib import Path

import pytest

from idp.cli.slapd import Slapd, SlapdError, remove
from idp.cli.slapd_entries import AccountState, Person, ServicePasswords, write_entries
from idp.core.secret import Secret
from tests.directory.conftest import TOTP, Open
from tests.parts.slapd import RunningSlapd, person, start_slapd


def test_a_server_without_the_module_takes_the_schema_from_the_file(tmp_path: Path, open_site: Open) -> None:
    running = start_slapd(tmp_path, otp_module=False)
    try:
        site = open_site(running)
        alice = site.people.find("alice")
        assert alice is not None
        site.credentials.add(alice, TOTP, {"last_step": b"1"}, {"secret": Secret(b"secret")}, {"binding": "imported"})
        (credential,) = site.credentials.list(alice, TOTP)

        assert site.credentials.swap(alice, credential, TOTP, {"last_step": b"2"})
        assert not site.credentials.swap(alice, credential, TOTP, {"last_step": b"2"})
    finally:
        running.server.stop()


def test_what_was_written_is_there_after_a_restart(own_slapd: RunningSlapd, open_site: Open) -> None:
    folder, port = own_slapd.server.folder, own_slapd.server.port
    own_slapd.server.stop()
    assert own_slapd.server.pid is None
    again = Slapd(folder, port)
    again.start()
    try:
        assert Slapd.exists(folder)
        assert open_site(own_slapd).people.find("alice") is not None
    finally:
        again.stop()


def test_a_taken_port_is_named(own_slapd: RunningSlapd, tmp_path: Path) -> None:
    second = start_slapd(tmp_path / "second")
    second.server.stop()
    clash = Slapd(second.server.folder, own_slapd.server.port)

    with pytest.raises(SlapdError, match=str(own_slapd.server.port)):
        clash.start()


def test_a_deep_folder_still_has_a_socket(tmp_path: Path) -> None:
    running = start_slapd(tmp_path / ("deep" * 20) / ("deeper" * 10))
    try:
        running.server.apply(f"dn: {person('alice').dn}\nchangetype: modify\nreplace: mail\nmail: x@example.ac.jp\n")
    finally:
        running.server.stop()
        remove(running.server.folder)


def test_nobody_else_may_look_into_the_folder(own_slapd: RunningSlapd) -> None:
    folder = own_slapd.server.folder
    for path in (folder, *folder.rglob("*")):
        if not path.is_socket():
            assert not path.stat().st_mode & 0o077, path


def test_x06_no_value_starts_a_line_of_its_own() -> None:
    hostile = Person("eve", Secret("p"), "E\n\ndn: cn=evil", " :<x", "e@example.ac.jp", state=AccountState.NORMAL)

    text = write_entries((hostile,), ServicePasswords(Secret("v")))

    assert "evil" not in text
    assert "{SSHA}" not in text
