"""An app that was stopped stays stopped, whatever page is open (security.md T-05)."""

from idp.core.codes import Code
from tests.parts.site import OUTSIDE
from tests.parts.sites import MakeIdp, at_code, is_refusal, prove_password
from tests.parts.slapd import RunningSlapd

ENTRY = "uid=alice,ou=people,dc=example,dc=ac,dc=jp"


def _stop(slapd: RunningSlapd) -> None:
    """Have as many codes been wrong in a row as are stood."""
    slapd.server.apply(f"dn: {ENTRY}\nchangetype: modify\nreplace: oathFailureCount\noathFailureCount: 100\n")


def test_t05_an_app_that_was_stopped_is_not_asked_for(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd)
    _stop(own_slapd)
    browser = idp.browser(OUTSIDE)

    answer = browser.submit(prove_password(browser), "totp")

    assert (answer.name, answer.code) == ("certificate", str(Code.APP_STOPPED))


def test_t05_a_page_from_before_the_stop_takes_no_code(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    _stop(own_slapd)

    answer = browser.submit(page, tokencode=idp.code())

    assert is_refusal(answer, Code.APP_STOPPED)
    assert "oathFailureCount: 100" in own_slapd.server.dump()
