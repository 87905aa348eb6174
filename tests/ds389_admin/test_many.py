"""More people than 389 Directory Server gives in one answer to accounts that nothing is said of (2,000)."""

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.ldif import write_record
from tests.parts.ds389 import RunningDS389
from tests.totp_admin.conftest import Desk

MANY = 2100
KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_everybody_is_listed(desk: Desk, shared: RunningDS389) -> None:
    names = [f"many{index:05}" for index in range(MANY)]
    person = [("changetype", b"add"), ("objectClass", b"inetOrgPerson"), ("cn", b"N"), ("sn", b"N")]
    shared.server.apply("".join(write_record(f"uid={name},{PEOPLE_DN}", person) for name in names))
    file = desk.file("many.csv", "".join(f"{name},{KEY}\n" for name in names))
    assert desk.run("import", str(file)).output == f"{MANY} registered, 0 refused\n"

    lines = desk.run("list").output.splitlines()

    assert [line.split("\t")[0] for line in lines[1:]] == names
