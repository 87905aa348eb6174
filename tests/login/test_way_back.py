"""Who has no second factor is not left standing on a page: the way back to the service tells it too."""

from tests.login.conftest import SP
from tests.login.steps import somebody
from tests.parts.site import OUTSIDE, Idp
from tests.parts.slapd import RunningSlapd


def test_without_app_and_certificate_one_can_go_back_and_the_service_is_told(idp: Idp, slapd: RunningSlapd) -> None:
    with somebody(slapd, "newcomer", "a Password of 2026"):
        browser = idp.browser(OUTSIDE)
        certificate = browser.submit(browser.visit(SP), j_username="newcomer", j_password="a Password of 2026")
        assert "_eventId_return" not in certificate.buttons

        refused = browser.submit(certificate, "totp")
        assert (refused.name, refused.code, "_eventId_return" in refused.buttons) == ("certificate", "A205", True)

        judged = browser.judged(browser.submit(refused, "return"), SP)
        assert (judged.status, judged.sub_status, judged.assertion) == ("Responder", "AuthnFailed", None)
