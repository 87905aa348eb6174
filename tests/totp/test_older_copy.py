"""An entry put back from a backup brings no used code back, and the operator is told (security.md X-02)."""

from idp.core.codes import Code
from tests.parts.logs import DEBUG_LOG, read_json_lines
from tests.parts.sites import MakeIdp, at_code, is_refusal, is_success
from tests.parts.slapd import RunningSlapd

ENTRY = "uid=alice,ou=people,dc=example,dc=ac,dc=jp"


def test_x02_an_older_copy_of_the_entry_brings_no_used_code_back(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, replace=DEBUG_LOG)
    browser, page = at_code(idp)
    code = idp.code()
    assert is_success(browser.submit(page, tokencode=code))
    own_slapd.server.apply(f"dn: {ENTRY}\nchangetype: modify\nreplace: oathTOTPLastTimeStep\noathTOTPLastTimeStep: 0\n")

    browser, page = at_code(idp)

    assert is_refusal(browser.submit(page, tokencode=code), Code.WRONG_CODE)
    assert "alarm" in {line["event"] for line in read_json_lines(idp.conf, "process.log")}
