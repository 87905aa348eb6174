"""The commands of docs/directory.md, each as it stands there, in a folder with what they speak of."""

import re
import shlex
from base64 import b32encode, b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import rsa

from idp.cli.context import CommandContext
from idp.cli.main import main
from idp.cli.slapd import remove
from idp.cli.slapd_entries import ADMIN_DN, PEOPLE_DN
from idp.core.ldif import write_record
from plugins.totp.credential import TOTP
from tests.directory.test_roles import conf_389
from tests.parts.ds389 import MANAGER_DN, MANAGER_PASSWORD, RunningDS389, allow_roles, start_ds389
from tests.parts.site import SEED, Idp, make_conf
from tests.parts.slapd import ADMIN_PASSWORD, HELPDESK_PASSWORD, person, start_slapd
from tests.repo.files import read
from tests.totp_admin.sealed import SIOS_PASSPHRASE, SIOS_VALUE, datasealer, jwk, oath_jwe

pytestmark = pytest.mark.slow
MANUAL = read(Path("docs/directory.md"))
BLOCKS = re.findall(r"^```\n(.*?)^```$", MANUAL, flags=re.MULTILINE | re.DOTALL)
LINES = [line.partition("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
INLINE = re.findall(r"`(warifu (?:totp|keys|directory) [^`]*[A-Za-z/-]+\.?[a-z]*)`", MANUAL)
KEY = b32encode(SEED.reveal()).decode()
AES_KEY = bytes(range(1, 33))
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
MAY_FAIL = {"warifu directory writer ldaps://ldap2.example.ac.jp": "not one of the servers of directory.uris"}
"""What cannot be done over one server, and what is said."""


def entry(attribute: str, value: bytes) -> str:
    return write_record(f"uid=bob,{PEOPLE_DN}", [("uid", b"bob"), (attribute, value)])


def files(admin_password: bytes) -> dict[str, bytes]:
    """Give the files that the manual speaks of."""
    return {
        "admin.password": admin_password,
        "helpdesk.password": HELPDESK_PASSWORD.reveal(),
        "bob.password": person("bob").password.reveal(),
        "key.txt": KEY.encode(),
        "keys.csv": f"username,key\nbob,{KEY}\ncarol,{KEY}\n".encode(),
        "shibboleth.ldif": entry("tokenSeeds", KEY.encode()).encode(),
        "sealer.key": b64encode(AES_KEY),
        "sealed.ldif": entry("tokenSeeds", datasealer(KEY, AES_KEY)).encode(),
        "sios.passphrase": SIOS_PASSPHRASE.encode(),
        "sios.csv": b"bob," + SIOS_VALUE,
        "slapo-otp.ldif": entry("oathSecret", SEED.reveal()).encode(),
        "oathldap.priv": jwk(RSA_KEY, "k").encode(),
        "oath-ldap.ldif": entry("oathSecret", oath_jwe(SEED.reveal(), RSA_KEY.public_key(), "k")).encode(),
    }


@pytest.fixture(params=["openldap", "389ds"])
def idp(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Idp]:
    """A site over either server, in whose folder the commands are given; taro is there, and has an app."""
    running = start_slapd(tmp_path) if request.param == "openldap" else start_ds389(tmp_path)
    if isinstance(running, RunningDS389):
        allow_roles(running)
    conf = conf_389(tmp_path / "conf", running) if isinstance(running, RunningDS389) else make_conf(
        tmp_path / "conf", running
    )  # fmt: skip
    running.server.apply(f"dn: uid=taro,{PEOPLE_DN}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: 太郎\nsn: 山田\n")
    password = MANAGER_PASSWORD if isinstance(running, RunningDS389) else ADMIN_PASSWORD
    for name, content in files(password.reveal()).items():
        (conf / name).touch(mode=0o600)
        (conf / name).write_bytes(content)
    monkeypatch.chdir(conf)
    made = Idp.load(conf)
    made.enrol("alice")
    yield made
    made.close()
    running.server.stop()
    if not isinstance(running, RunningDS389):
        remove(running.server.folder)


def run(idp: Idp, line: str) -> Result:
    words, _, given = line.partition(" < ")
    arguments = shlex.split(words.removeprefix("warifu "))
    if idp.site.settings.directory.id_attribute == "nsUniqueId":
        arguments = [MANAGER_DN if each == ADMIN_DN else each for each in arguments]
    context = CommandContext(idp.conf, idp.site)
    return CliRunner().invoke(
        main, arguments, obj=context, input=(idp.conf / given).read_text() if given else "", catch_exceptions=False
    )


def test_every_command_of_the_manual_does_what_it_says(idp: Idp) -> None:
    """In the order of the manual; what is replaced where somebody has an app already is replaced."""
    assert len(LINES) > 15
    if not idp.site.directory.find("taro"):
        raise AssertionError("taro is not there")
    for line in LINES:
        if line == "warifu totp status taro":
            assert "no app is registered" in run(idp, line).output
            continue
        result = run(idp, line)
        said = MAY_FAIL.get(line)
        assert (result.exit_code == 0) == (said is None), f"{line}\n{result.output}"
        assert said is None or said in result.output


def test_keys_are_exchanged_and_registrations_moved_as_the_manual_says(idp: Idp) -> None:
    assert run(idp, "warifu keys seal keys/seal-2027.key").exit_code == 0
    file = idp.conf / "idp.toml"
    first = 'seal = ["keys/seal.key"]'
    assert first in file.read_text()
    file.write_text(file.read_text().replace(first, 'seal = ["keys/seal-2027.key", "keys/seal.key"]'))
    both = Idp.load(idp.conf, idp.clock)

    rekeyed = run(both, "warifu totp rekey")
    exported = run(both, "warifu totp export --rebind FILE")
    assert run(both, "warifu totp reset alice").exit_code == 0
    moved = run(both, "warifu totp import --rebind FILE")
    found = both.site.keeper.all(TOTP)
    both.close()

    assert "may be taken out of keys.seal" in rekeyed.output
    assert (exported.exit_code, moved.output) == (0, "1 registered, 0 refused\n")
    assert [holding.subject.username for holding in found] == ["alice"]


@pytest.mark.parametrize("line", INLINE)
def test_what_is_named_in_a_sentence_has_a_help_page(line: str) -> None:
    words = shlex.split(line.removeprefix("warifu "))[:2]

    assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0
