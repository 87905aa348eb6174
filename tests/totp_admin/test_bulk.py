"""Many people at once: imports that can be repeated, exports, moving to other entries, new keys for old (X-04)."""

import csv
import os
from base64 import b32encode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.ldif import read_records, write_record
from idp.core.secret import Secret
from idp.plugin import Credential
from idp.plugin.private_files import new_private
from plugins.totp.credential import TOTP
from tests.parts.site import SEED, Idp
from tests.parts.slapd import RunningSlapd
from tests.totp_admin.conftest import Desk
from tests.totp_admin.sealed import SIOS_KEY, SIOS_PASSPHRASE, SIOS_VALUE, datasealer, jwk, oath_jwe

KEY = b32encode(SEED.reveal()).decode()
AES_KEY = bytes(range(1, 33))


def registered(idp: Idp, username: str) -> Credential | None:
    tools = idp.site.tools("totp")
    subject = tools.people.find(username)
    assert subject is not None
    found = tools.credentials.list(subject, TOTP)
    return found[0] if found else None


def secret_of(idp: Idp, username: str) -> bytes | None:
    credential = registered(idp, username)
    return credential.secrets["secret"].reveal() if credential else None


def test_an_interrupted_import_is_finished_by_running_it_again(desk: Desk) -> None:
    names = ["alice", "bob", "carol", "dave"]
    keys = desk.file("half.csv", "".join(f"{name},{KEY}\n" for name in names[:2]))
    desk.run("import", str(keys))
    before = registered(desk.idp, "alice")
    whole = desk.file("whole.csv", "username,key\n" + "".join(f"{name},{KEY}\n" for name in names))

    result = desk.run("import", str(whole))

    assert result.stdout == "2 registered, 0 refused, 2 as they were\n"
    assert registered(desk.idp, "alice") == before


def test_an_import_again_never_sets_a_last_step_back(desk: Desk) -> None:
    file = desk.file("keys.csv", f"username,key,last_step\nbob,{KEY},58000000\n")
    assert desk.run("import", str(file)).exit_code == 0

    desk.run("import", str(desk.file("again.csv", f"bob,{KEY}\n")))

    credential = registered(desk.idp, "bob")
    assert credential is not None
    assert credential.values["last_step"] == b"58000000"


def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    file = desk.file("keys.csv", f"username,key\nbob,{KEY}\nnobody,{KEY}\ncarol,short\n")

    result = desk.run("import", "--dry-run", str(file))

    assert result.stdout == "1 would be registered, 2 refused\n"
    assert result.exit_code == 1
    assert registered(desk.idp, "bob") is None


def test_whoever_has_an_app_may_keep_it(desk: Desk) -> None:
    desk.idp.enrol("alice")
    file = desk.file("keys.csv", f"alice,{b32encode(bytes(20)).decode()}\nbob,{KEY}\n")

    result = desk.run("import", "--keep", str(file))

    assert result.stdout == "1 registered, 0 refused, 1 have an app already\n"
    assert secret_of(desk.idp, "alice") == SEED.reveal()


def test_a_person_who_is_there_twice_is_refused_the_second_time(desk: Desk) -> None:
    file = desk.file("keys.csv", f"bob,{KEY}\nBOB,{b32encode(bytes(20)).decode()}\n")

    result = desk.run("import", str(file))

    assert (result.exit_code, "twice" in result.output) == (1, True)
    assert secret_of(desk.idp, "bob") == SEED.reveal()


def test_keys_of_80_bits_are_marked(desk: Desk) -> None:
    file = desk.file("keys.csv", f"bob,JBSWY3DPEHPK3PXP\ncarol,{KEY}\n")

    result = desk.run("import", str(file))

    assert "1 keys are shorter than 128 bits" in result.output
    credential = registered(desk.idp, "bob")
    assert credential is not None
    assert credential.facts == {"binding": "imported", "bits": "80"}
    listed = desk.run("list", "--short").output.splitlines()
    assert [line.split("\t")[0] for line in listed] == ["username", "bob"]


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    ("form", "key_file", "value", "expected"),
    [
        pytest.param("datasealer", b64encode(AES_KEY), datasealer(KEY, AES_KEY), SEED.reveal(), id="datasealer"),
        pytest.param("sios", SIOS_PASSPHRASE.encode(), SIOS_VALUE, None, id="sios"),
        pytest.param("raw", b"", SEED.reveal(), SEED.reveal(), id="slapo-otp"),
        pytest.param(
            "oath-jwe",
            jwk(RSA_KEY, "k").encode(),
            oath_jwe(SEED.reveal(), RSA_KEY.public_key(), "k"),
            SEED.reveal(),
            id="oath-ldap",
        ),
        pytest.param("base32", b"", KEY.encode(), SEED.reveal(), id="base32"),
    ],
)
def test_a_directorys_entries_are_imported(
    desk: Desk, form: str, key_file: bytes, value: bytes, expected: bytes | None
) -> None:
    people = write_record(
        f"uid=bob,{PEOPLE_DN}", [("uid", b"bob"), ("carLicense", value), ("oathTOTPLastTimeStep", b"58000000")]
    )
    file = desk.file("people.ldif", people)
    with_key = ("--key-file", str(desk.file("key", key_file))) if key_file else ()

    result = desk.run("import", "--form", form, "--attribute", "carLicense", *with_key, str(file))

    assert result.stdout.splitlines()[0] == "1 registered, 0 refused", result.output
    credential = registered(desk.idp, "bob")
    assert credential is not None
    secret = credential.secrets["secret"].reveal()
    assert secret == expected if expected else b32encode(secret).decode() == SIOS_KEY
    assert credential.values["last_step"] == b"58000000"


def test_a_token_in_an_entry_of_its_own_is_found(desk: Desk) -> None:
    token = "oathTokenIdentifier=7,ou=tokens,dc=example"
    file = desk.file(
        "people.ldif",
        write_record(f"uid=bob,{PEOPLE_DN}", [("uid", b"bob"), ("oathTOTPToken", token.encode())])
        + write_record(token, [("oathSecret", SEED.reveal())]),
    )

    result = desk.run("import", "--form", "raw", str(file))

    assert result.stdout == "1 registered, 0 refused\n", result.output
    assert secret_of(desk.idp, "bob") == SEED.reveal()


def test_a_key_file_that_others_can_read_is_refused(desk: Desk) -> None:
    key = desk.file("key", b64encode(AES_KEY), mode=0o644)
    file = desk.file("people.csv", b"bob," + datasealer(KEY, AES_KEY))

    result = desk.run("import", "--form", "datasealer", "--key-file", str(key), str(file))

    assert result.exit_code == 1
    assert "chmod 600" in result.output


def test_an_import_stops_when_the_directory_goes(desk: Desk, own_slapd: RunningSlapd) -> None:
    file = desk.file("keys.csv", f"bob,{KEY}\ncarol,{KEY}\n")
    own_slapd.server.stop()

    result = desk.run("import", str(file))

    assert result.exit_code == 1
    assert "stopped after 0 of 2 rows" in result.output
    own_slapd.server.start()
    assert registered(desk.idp, "bob") is None


def test_keys_in_clear_leave_in_a_file_of_its_owner_alone(desk: Desk) -> None:
    desk.idp.enrol("alice")
    file = desk.folder / "out.csv"

    result = desk.run("export", "--plain", str(file))

    assert result.output == "1 written, in clear\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(csv.reader(file.read_text().splitlines())) == [["username", "key", "last_step"], ["alice", KEY, "0"]]
    assert desk.run("export", "--plain", str(file)).exit_code == 1


def test_a_file_made_for_keys_is_for_its_owner_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with new_private(tmp_path / "keys") as stream:
            stream.write(KEY)
    finally:
        os.umask(before)

    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600


def test_keys_in_clear_may_leave_as_entries(desk: Desk) -> None:
    desk.idp.enrol("alice")
    file = desk.folder / "out.ldif"

    assert desk.run("export", "--plain", str(file)).exit_code == 0

    with file.open("rb") as stream:
        (record,) = read_records(stream)
    assert (record.first("uid"), record.first("oathSecret")) == (b"alice", SEED.reveal())


@pytest.mark.parametrize("arguments", [(), ("--plain", "--rebind")])
def test_how_an_export_is_closed_must_be_said(desk: Desk, arguments: tuple[str, ...]) -> None:
    assert desk.run("export", *arguments, str(desk.folder / "x")).exit_code == 2


def move_entry(slapd: RunningSlapd, username: str) -> None:
    """Give a person a new entry under the old name: another id."""
    dn = f"uid={username},{PEOPLE_DN}"
    slapd.server.apply(f"dn: {dn}\nchangetype: delete\n")
    slapd.server.apply(f"dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: N\nsn: N\n")


def test_registrations_move_to_new_entries(desk: Desk, own_slapd: RunningSlapd) -> None:
    desk.idp.enrol("alice")
    file = desk.folder / "moving.csv"
    assert desk.run("export", "--rebind", str(file)).exit_code == 0
    assert KEY not in file.read_text()
    move_entry(own_slapd, "alice")
    assert registered(desk.idp, "alice") is None

    result = desk.run("import", "--rebind", str(file))

    assert result.output == "1 registered, 0 refused\n"
    credential = registered(desk.idp, "alice")
    assert credential is not None
    assert credential.secrets["secret"] == SEED
    assert credential.facts["binding"] == "campus-first"


def test_a_moving_registration_given_to_somebody_else_does_not_open(desk: Desk) -> None:
    desk.idp.enrol("alice")
    file = desk.folder / "moving.csv"
    desk.run("export", "--rebind", str(file))
    stolen = desk.file("stolen.csv", file.read_text().replace("alice", "bob"))

    result = desk.run("import", "--rebind", str(stolen))

    assert (result.exit_code, "D402" in result.output) == (1, True)
    assert registered(desk.idp, "bob") is None


def test_registrations_move_from_a_dump_of_the_old_directory(desk: Desk, own_slapd: RunningSlapd) -> None:
    desk.idp.enrol("alice")
    dump = own_slapd.server.dump()
    move_entry(own_slapd, "alice")

    result = desk.run("import", "--rebind", str(desk.file("dump.ldif", dump)))

    assert result.output == "1 registered, 0 refused\n"
    assert secret_of(desk.idp, "alice") == SEED.reveal()


def test_x01_in_a_dump_too_a_copied_value_is_worthless(desk: Desk, own_slapd: RunningSlapd) -> None:
    desk.idp.enrol("alice")
    dump = own_slapd.server.dump()
    records = {record.first("uid"): record for record in read_records(line.encode() for line in dump.splitlines())}
    alice, bob = records[b"alice"], records[b"bob"]
    copied = write_record(
        bob.dn,
        [
            ("uid", b"bob"),
            ("entryUUID", bob.first("entryUUID") or b""),
            ("oathSecret", alice.first("oathSecret") or b""),
            ("oathTokenIdentifier", alice.first("oathTokenIdentifier") or b""),
        ],
    )

    result = desk.run("import", "--rebind", str(desk.file("copied.ldif", copied)))

    assert (result.exit_code, "D402" in result.output) == (1, True)


def test_no_person_without_an_app_is_listed(desk: Desk) -> None:
    desk.idp.enrol("alice", seed=Secret(bytes(range(20))))

    lines = desk.run("list").output.splitlines()

    assert [line.split("\t")[0] for line in lines] == ["username", "alice"]
    assert desk.run("list", "--key-id", "none").output.splitlines() == lines[:1]
