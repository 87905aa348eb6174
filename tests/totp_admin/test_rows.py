"""What a file says that cannot be taken is said by line, with what to do; apps of another kind are refused (T-10)."""

from base64 import b32encode

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.ldif import write_record
from tests.parts.site import OUTSIDE, SEED
from tests.parts.sites import ask_code, is_success
from tests.totp_admin.conftest import Desk

KEY = b32encode(SEED.reveal()).decode()
PARAMS = "cn=params,dc=example"
SHA1, SHA256 = b"1.2.840.113549.2.7", b"1.2.840.113549.2.9"
USUAL = {"oathOTPLength": b"6", "oathTOTPTimeStepPeriod": b"30", "oathHMACAlgorithm": SHA1}


def ldif(params: dict[str, bytes], holder_class: bytes = b"oathTOTPToken") -> str:
    return write_record(
        f"uid=bob,{PEOPLE_DN}",
        [
            ("uid", b"bob"),
            ("objectClass", holder_class),
            ("oathSecret", SEED.reveal()),
            ("oathTOTPParams", PARAMS.encode()),
        ],
    ) + write_record(PARAMS, list(params.items()))


def test_an_app_like_ours_is_taken(desk: Desk) -> None:
    result = desk.run("import", "--form", "raw", str(desk.file("people.ldif", ldif(USUAL))))

    assert result.stdout == "1 registered, 0 refused\n", result.output


@pytest.mark.parametrize(
    ("params", "holder_class", "said"),
    [
        pytest.param({"oathOTPLength": b"8"}, b"oathTOTPToken", "8 digits", id="T-10-eight-digits"),
        pytest.param({"oathTOTPTimeStepPeriod": b"60"}, b"oathTOTPToken", "60 seconds", id="T-10-a-minute"),
        pytest.param({"oathHMACAlgorithm": SHA256}, b"oathTOTPToken", "HMAC algorithm", id="T-10-sha256"),
        pytest.param({}, b"oathHOTPToken", "counts its codes", id="T-10-counter"),
    ],
)
def test_an_app_of_another_kind_is_refused_and_not_found_out_at_login(
    desk: Desk, params: dict[str, bytes], holder_class: bytes, said: str
) -> None:
    file = desk.file("people.ldif", ldif(USUAL | params, holder_class))

    result = desk.run("import", "--form", "raw", str(file))

    assert (result.exit_code, said in result.output) == (1, True), result.output
    assert "register an app" in result.output
    assert "no app" in desk.run("status", "bob").output


def test_t10_a_key_of_80_bits_that_was_imported_logs_in(desk: Desk) -> None:
    from idp.core.secret import Secret
    from tests.login.conftest import SP

    desk.idp.register(SP)
    short = Secret(b"Hello!\xde\xad\xbe\xef")
    assert desk.run("import", str(desk.file("keys.csv", "bob,JBSW Y3DP-ehpk3pxp\n"))).exit_code == 0
    browser = desk.idp.browser(OUTSIDE)

    assert is_success(browser.submit(ask_code(browser, "bob"), tokencode=desk.idp.code(seed=short)))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("a.csv", "", "there is no line username,key", id="empty"),
        pytest.param("a.csv", "username,key\n", "there is no line username,key", id="nobody"),
        pytest.param("a.csv", f"bob;{KEY}\n", "with a comma between them", id="semicolons"),
        pytest.param("a.csv", f"name,secret\nbob,{KEY}\n", "has to name them username and key", id="other-columns"),
        pytest.param("a.csv", f"太郎,{KEY}\n".encode("shift_jis"), "save it as CSV UTF-8", id="shift-jis"),
        pytest.param("a.csv", f"太郎,{KEY}\n", "太郎: no entry", id="japanese"),
        pytest.param("a.csv", f"bob,{KEY},x\n", None, id="more-columns"),
        pytest.param("a.csv", f"\ufeffusername,key\nbob,{KEY}\n", None, id="byte-order-mark"),
        pytest.param("a.csv", f"key,who,username\r\n{KEY},Bob,bob\r\n", None, id="columns-by-name"),
        pytest.param("a.ldif", "dn: uid=bob\nuid: bob\n", "name another with --attribute", id="no-attribute"),
        pytest.param("a.ldif", "dn: uid=bob\nchangetype: delete\n", "line 2: only entries", id="changes"),
    ],
)
def test_a_file_is_judged_in_words_that_help(desk: Desk, name: str, content: str | bytes, said: str | None) -> None:
    result = desk.run("import", str(desk.file(name, content)))

    assert (result.exit_code == 0) == (said is None), result.output
    assert said is None or said in result.output
    assert KEY not in result.output


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"{KEY},bob", id="X-07-columns-exchanged"),
        pytest.param(f"bob;{KEY}", id="X-07-semicolon"),
        pytest.param(f"bob\t{KEY}", id="X-07-tab"),
        pytest.param(f"{SEED.reveal().hex()},bob", id="X-07-hexadecimal"),
        pytest.param(f"{KEY}", id="X-07-key-alone"),
    ],
)
def test_a_key_in_a_wrong_place_is_not_repeated_and_not_written_down(desk: Desk, line: str) -> None:
    result = desk.run("import", str(desk.file("keys.csv", f"{line}\n")))

    log = desk.idp.site.settings.audit.log.read_text() + str(desk.audit())
    assert result.exit_code == 1
    assert all(key not in text for key in (KEY, SEED.reveal().hex()) for text in (result.output, log))
