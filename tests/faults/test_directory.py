"""The directory is down, slow or read-only: nobody's fault, nobody let in, and soon well again (F-01 to F-03, X-02)."""

from collections.abc import Iterator
from time import monotonic

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.codes import Code
from tests.login.conftest import OTHER_SP, SP
from tests.parts.logs import PROCESS_LOG, read_json_lines
from tests.parts.shim import Mode, Shim, wait_until
from tests.parts.site import CAMPUS
from tests.parts.sites import MakeIdp, at_code, is_refusal, is_success, prove_password
from tests.parts.slapd import RunningSlapd

READ_ONLY = "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcReadOnly\nolcReadOnly: "
QUICK = ("# timeout_seconds = 3.0", "timeout_seconds = 0.5")


def is_down(page: object, code: Code = Code.DIRECTORY_DOWN) -> bool:
    """Say whether a page tells of a part that is down, and when to come again."""
    status, headers = page.status, page.response.headers  # type: ignore[attr-defined]
    return status == 503 and is_refusal(page, code) and headers["Retry-After"].isdigit()  # type: ignore[arg-type]


def test_f01_a_dead_directory_is_nobodys_fault_and_is_found_again(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd)
    browser = idp.browser(CAMPUS)
    page = browser.visit(SP)
    own_slapd.server.kill()

    for _ in range(15):
        answer = browser.submit(page, j_username="alice", j_password="guessed")
        assert is_down(answer)
        assert str(own_slapd.server.port) not in answer.html
    assert browser.visit(SP).name == "password"
    assert read_json_lines(idp.conf) == []

    own_slapd.server.start()
    found: list[object] = []

    def logs_in() -> bool:
        found.append(prove_password(browser))
        return is_success(found[-1])  # type: ignore[arg-type]

    wait_until(logs_in, 30)
    assert {page.code for page in found[:-1]} <= {Code.DIRECTORY_DOWN}  # type: ignore[attr-defined]


def test_f01_a_session_outlives_the_directory_for_as_long_as_it_was_read(
    make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    idp = make_idp(own_slapd)
    browser = idp.browser(CAMPUS)
    assert is_success(prove_password(browser))
    own_slapd.server.kill()

    assert is_success(browser.visit(OTHER_SP))
    idp.clock.advance(seconds=61)
    assert is_down(browser.visit(OTHER_SP))
    own_slapd.server.start()
    wait_until(lambda: is_success(browser.visit(OTHER_SP)), 30)


def test_f01_a_directory_that_dies_between_the_steps_does_not_count_a_code(
    make_idp: MakeIdp, own_slapd: RunningSlapd
) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    own_slapd.server.kill()
    for _ in range(8):
        assert is_down(browser.submit(page, tokencode=idp.code()))

    own_slapd.server.start()
    wait_until(lambda: is_success(browser.submit(page, tokencode=idp.code())), 30)


@pytest.fixture
def shim(own_slapd: RunningSlapd) -> Iterator[Shim]:
    shim = Shim(("127.0.0.1", own_slapd.server.port))
    yield shim
    shim.close()


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.DRIP, Mode.CLOSE], ids=lambda mode: f"F-03-{mode.value}")
def test_a_slow_directory_is_given_up_in_time_and_stops_nothing_else(
    make_idp: MakeIdp, own_slapd: RunningSlapd, shim: Shim, mode: Mode
) -> None:
    idp = make_idp(own_slapd, replace=(QUICK,), ldap_uri=shim.uri)
    browser = idp.browser(CAMPUS)
    page = browser.visit(SP)
    shim.mode = mode

    for _ in range(12):
        began = monotonic()
        assert is_down(browser.submit(page, j_username="alice", j_password="guessed"))
        assert monotonic() - began < 3
    for path in ("/idp/shibboleth", "/idp/health", "/idp/static/site.css"):
        began = monotonic()
        assert browser.get(path).status == 200
        assert monotonic() - began < 0.5

    shim.mode = Mode.PASS
    wait_until(lambda: is_success(prove_password(browser)), 30)


def test_f02_a_read_only_directory_lets_passwords_in_and_no_codes(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    code = idp.code()
    own_slapd.server.apply(f"{READ_ONLY}TRUE\n")

    assert is_success(prove_password(idp.browser(CAMPUS)))
    assert is_down(browser.submit(page, tokencode=code), Code.DIRECTORY_READ_ONLY)
    for _ in range(8):
        assert is_down(browser.submit(page, tokencode="000000"), Code.DIRECTORY_READ_ONLY)
    other, page_of_other = at_code(idp)
    assert is_down(other.submit(page_of_other, tokencode=code), Code.DIRECTORY_READ_ONLY)

    own_slapd.server.apply(f"{READ_ONLY}FALSE\n")
    assert is_success(browser.submit(page, tokencode=code))


def test_x02_an_older_copy_of_the_entry_opens_no_used_code(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd, replace=(PROCESS_LOG,))
    browser, page = at_code(idp)
    code = idp.code()
    assert is_success(browser.submit(page, tokencode=code))
    own_slapd.server.apply(
        f"dn: uid=alice,{PEOPLE_DN}\nchangetype: modify\nreplace: oathTOTPLastTimeStep\noathTOTPLastTimeStep: 0\n"
    )

    browser, page = at_code(idp)
    assert is_refusal(browser.submit(page, tokencode=code), Code.WRONG_CODE)

    [alarm] = [line for line in read_json_lines(idp.conf, "process.log") if line["event"] == "alarm"]
    assert f"uid=alice,{PEOPLE_DN}" in alarm["message"]
    assert "set back" in alarm["message"]
    idp.clock.advance(seconds=30)
    browser, page = at_code(idp)
    assert is_success(browser.submit(page, tokencode=idp.code()))


def test_f20_an_entry_with_an_impossible_number_lets_nobody_in(make_idp: MakeIdp, own_slapd: RunningSlapd) -> None:
    idp = make_idp(own_slapd)
    browser, page = at_code(idp)
    far = str(2**62)
    own_slapd.server.apply(
        f"dn: uid=alice,{PEOPLE_DN}\nchangetype: modify\nreplace: oathTOTPLastTimeStep\noathTOTPLastTimeStep: {far}\n"
    )

    assert is_refusal(browser.submit(page, tokencode=idp.code()), Code.WRONG_CODE)
