"""What is done for the credentials of every method at once: new keys for old, and new entries for the same people."""

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.cli.context import CommandContext
from idp.cli.keys import write_private
from idp.cli.main import main
from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.secret import Secret
from idp.plugin import CredentialKind, Subject
from idp.seal import make_seal_key
from plugins.matrix.credential import MATRIX
from plugins.totp.credential import FURTHER, TOTP
from tests.parts.site import Idp, make_conf
from tests.parts.slapd import RunningSlapd, own_slapd, slapd

__all__ = ["own_slapd", "slapd"]

SECRETS = {kind: Secret(f"{number}".encode() * 20) for number, kind in enumerate(("first", "second", "third", "card"))}
METHODS = ("password", "clientcert", "totp", "matrix")


@pytest.fixture
def idp(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[Idp]:
    """A site where carol has three apps and a card."""
    idp = Idp.load(make_conf(tmp_path / "conf", own_slapd, methods=METHODS))
    credentials, subject = idp.site.tools("totp").credentials, carol(idp)
    credentials.add(subject, TOTP, {"last_step": b"7"}, {"secret": SECRETS["first"]}, {"binding": "factor"})
    for kind, name in ((FURTHER, "second"), (FURTHER, "third"), (MATRIX, "card")):
        values = {"label": name.encode(), "failures": b"3"}
        assert credentials.insert(subject, kind, values, {"secret": SECRETS[name]}, {"binding": "factor"}, at_most=9)
    yield idp
    idp.close()


def carol(idp: Idp) -> Subject:
    subject = idp.site.tools("totp").people.find("carol")
    assert subject is not None
    return subject


def run(idp: Idp, *arguments: str) -> Result:
    context = CommandContext(idp.conf, idp.site)
    return CliRunner().invoke(main, ["credentials", *arguments], obj=context, catch_exceptions=False)


def standing(idp: Idp, kind: CredentialKind) -> list[tuple[Secret, Mapping[str, str], bytes | None]]:
    found = idp.site.tools("totp").credentials.list(carol(idp), kind)
    return [(each.secrets["secret"], each.facts, each.values.get("label")) for each in found]


def everything(idp: Idp) -> list[object]:
    return [standing(idp, kind) for kind in (TOTP, FURTHER, MATRIX)]


def with_new_key(idp: Idp) -> Idp:
    write_private(idp.conf / "keys" / "new.key", make_seal_key())
    file = idp.conf / "idp.toml"
    file.write_text(file.read_text().replace('seal = ["keys/seal.key"]', 'seal = ["keys/new.key", "keys/seal.key"]'))
    return Idp.load(idp.conf, idp.clock)


def test_x04_the_secrets_of_all_methods_are_sealed_with_the_new_key(idp: Idp) -> None:
    before = everything(idp)
    both = with_new_key(idp)
    try:
        new, old = both.site.keeper.key_ids
        counted = run(both, "rekey", "--dry-run")
        done = run(both, "rekey")
        sealed = [each.key_ids for kind in (TOTP, FURTHER, MATRIX) for each in both.site.keeper.all(kind)]

        assert counted.output.splitlines() == [f"{new:<10}{0:>8}  the first key", f"{old:<10}{4:>8}  still needed"]
        assert (done.exit_code, done.output.splitlines()[1]) == (0, f"{old:<10}{0:>8}  may be taken out of keys.seal")
        assert sealed == [frozenset({new})] * 4
        assert everything(both) == before
    finally:
        both.close()


def test_x04_an_entry_that_changes_meanwhile_keeps_its_change(idp: Idp) -> None:
    both = with_new_key(idp)
    try:
        keeper, credentials = both.site.keeper, both.site.tools("totp").credentials
        (held,) = keeper.all(MATRIX)
        (card,) = credentials.list(carol(both), MATRIX)
        assert credentials.supersede(carol(both), card, MATRIX, {}, {"secret": Secret(b"another")}, {})

        assert not keeper.reseal(held, MATRIX)
        assert [secret for secret, _, _ in standing(both, MATRIX)] == [Secret(b"another")]
    finally:
        both.close()


def test_everybody_s_entries_are_listed_with_whose_they_are(idp: Idp) -> None:
    assert [each.subject for each in idp.site.keeper.all(FURTHER)] == [carol(idp)] * 2


def renew(idp: Idp, slapd: RunningSlapd) -> None:
    """Make carol's entry anew, with what stood under it: it has another id then."""
    dn = f"uid=carol,{PEOPLE_DN}"
    dump = slapd.server.dump().split("\n\n")
    operational = ("entryUUID", "entryCSN", "creatorsName", "createTimestamp", "modif", "structuralObjectClass", "pwd")
    mine = [record for record in dump if f"{dn}\n" in f"{record}\n".partition("\n")[0] + "\n"]
    for record in reversed(mine):
        slapd.server.apply(f"{record.partition(chr(10))[0]}\nchangetype: delete\n")
    for record in mine:
        first, *rest = record.splitlines()
        kept = [line for line in rest if not line.startswith((*operational, "memberOf"))]
        slapd.server.apply("\n".join([first, "changetype: add", *kept]) + "\n")


def test_what_is_registered_is_bound_to_new_entries_of_the_same_people(
    idp: Idp, own_slapd: RunningSlapd, tmp_path: Path
) -> None:
    before, former = everything(idp), carol(idp)
    file = tmp_path / "moved.csv"
    assert run(idp, "export", str(file)).output == "4 written, sealed\n"
    renew(idp, own_slapd)
    assert carol(idp).id != former.id

    moved = run(idp, "import", str(file))
    again = run(idp, "import", str(file))

    assert (moved.exit_code, moved.output) == (0, "4 registered\n")
    assert (again.exit_code, again.output) == (0, "0 registered, 4 as it was\n")
    assert everything(idp) == before


def test_x07_nothing_of_a_secret_is_in_the_file_and_it_is_its_owner_s(idp: Idp, tmp_path: Path) -> None:
    file = tmp_path / "moved.csv"
    run(idp, "export", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(secret.reveal().decode() in file.read_text() for secret in SECRETS.values())


def test_a_line_given_to_somebody_else_does_not_open(idp: Idp, tmp_path: Path) -> None:
    file, other = tmp_path / "moved.csv", tmp_path / "other.csv"
    run(idp, "export", str(file))
    other.write_text(file.read_text().replace("carol,", "bob,"))

    done = run(idp, "import", str(other))

    assert done.exit_code == 1
    assert done.output.count("the seal does not open") == 4


@pytest.mark.parametrize("text", ["", "username,key\n", "username,method,class,sealed\ncarol,totp\n"])
def test_another_file_is_not_taken(idp: Idp, tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)

    assert run(idp, "import", str(file)).exit_code == 1
