"""A secret that stands on an entry without our seal counts only where a site says so (design 4)."""

from base64 import b32encode, b64encode

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.secret import Secret
from tests.parts.logs import DEBUG_LOG, read_json_lines
from tests.parts.site import ASK_ALWAYS, OUTSIDE, SEED
from tests.parts.sites import MakeIdp, at_code, is_success, prove_password
from tests.parts.slapd import RunningSlapd

ACCEPT = f"{ASK_ALWAYS}[plugins.totp]\naccept_unsealed = true\n"
SHORT = Secret(b"Hello!\xde\xad\xbe\xef")
FORMS = [pytest.param(SEED.reveal(), id="raw"), pytest.param(b32encode(SEED.reveal()), id="base32")]


def plant(slapd: RunningSlapd, value: bytes) -> None:
    """Write a secret as another product would, or a stranger."""
    slapd.server.apply(
        f"dn: uid=alice,{PEOPLE_DN}\nchangetype: modify\nreplace: oathSecret\n"
        f"oathSecret:: {b64encode(value).decode()}\n-\ndelete: oathTokenIdentifier\n"
    )


@pytest.mark.parametrize("value", FORMS)
def test_a_planted_secret_is_no_app(make_idp: MakeIdp, own_slapd: RunningSlapd, value: bytes) -> None:
    idp = make_idp(own_slapd, replace=DEBUG_LOG)
    plant(own_slapd, value)
    browser = idp.browser(OUTSIDE)

    page = browser.submit(prove_password(browser), "totp")

    assert page.name != "totp"
    assert page.saml_response is None
    assert any("D403" in str(line) for line in read_json_lines(idp.conf, "process.log"))


@pytest.mark.parametrize("value", FORMS)
def test_a_page_from_before_takes_no_code_of_a_planted_secret(
    make_idp: MakeIdp, own_slapd: RunningSlapd, value: bytes
) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    plant(own_slapd, value)

    assert not is_success(browser.submit(page, tokencode=idp.code()))


@pytest.mark.parametrize("value", FORMS)
def test_where_a_site_says_so_what_another_product_left_counts(
    make_idp: MakeIdp, own_slapd: RunningSlapd, value: bytes
) -> None:
    idp = make_idp(own_slapd, plugins_toml=ACCEPT)
    plant(own_slapd, value)
    browser, page = at_code(idp)

    assert is_success(browser.submit(page, tokencode=idp.code()))


def test_t10_a_key_of_80_bits_that_another_product_left_still_verifies(
    make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    idp = make_idp(own_slapd, plugins_toml=ACCEPT)
    plant(own_slapd, b32encode(SHORT.reveal()))
    browser, page = at_code(idp)

    assert is_success(browser.submit(page, tokencode=idp.code(seed=SHORT)))
