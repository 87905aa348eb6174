"""Nothing secret is written down, whatever happens (security.md T-30, X-03)."""

import base64
import contextlib
import io
import re
from dataclasses import replace as change
from pathlib import Path

import pytest

from idp.core.secret import Secret
from plugins.totp.credential import TOTP, read
from plugins.totp.method import TOTPMethod
from tests.parts.logs import DEBUG_LOG, everything_written, read_json_lines
from tests.parts.site import OUTSIDE, SEED, Idp, Page
from tests.parts.sites import MakeIdp, ask_code, at_code, is_success, password_of, prove_password
from tests.parts.slapd import RunningSlapd

ENTRY = "uid=alice,ou=people,dc=example,dc=ac,dc=jp"


def secrets_of(idp: Idp, *codes: str) -> dict[str, bytes]:
    """Give everything that may stand nowhere, by name."""
    seal_key = (idp.conf / "keys" / "seal.key").read_bytes().strip()
    cookie_key = (idp.conf / "keys" / "cookie.key").read_bytes().strip()
    signing_key = (idp.conf / "keys" / "signing.key").read_bytes().splitlines()[1]
    return {
        "seed": SEED.reveal(),
        "seed in hex": SEED.reveal().hex().encode(),
        "seed in Base32": base64.b32encode(SEED.reveal()),
        "seed in Base64": base64.b64encode(SEED.reveal()),
        "otpauth": b"otpauth:",
        "password": password_of("alice").encode(),
        "KEK": seal_key,
        "KEK raw": base64.b64decode(seal_key),
        "cookie key": cookie_key,
        "signing key": signing_key,
        **{f"code {code}": code.encode() for code in codes},
    }


def hits(idp: Idp, secrets: dict[str, bytes], *pages: Page, more: bytes = b"") -> list[str]:
    """Say where a secret stands: in logs, audit lines, the store, or on a page."""
    written = [(str(file), data) for file, data in everything_written(idp.conf / "log", idp.conf / "state")]
    written += [(f"page {page.name}", page.html.encode()) for page in pages] + [("stderr", more)]
    return [f"{what} in {where}" for where, data in written for what, secret in secrets.items() if secret in data]


@pytest.fixture
def talkative(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Idp:
    """A site that logs all it can."""
    return make_idp(own_slapd, replace=DEBUG_LOG)


def test_t30_a_whole_login_at_debug_level_tells_no_secret(talkative: Idp) -> None:
    idp = talkative
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        browser, page = at_code(idp)
        wrong = browser.submit(page, tokencode="918273")
        code = idp.code()
        answer = browser.submit(wrong, tokencode=code)
        used = browser.submit(ask_code(idp.browser(OUTSIDE)), tokencode=code)
    assert is_success(answer)

    response = answer.hidden["SAMLResponse"].encode()
    secrets = {**secrets_of(idp, "918273", code), "SAMLResponse": response[:200], "assertion": response[-200:]}
    assert hits(idp, secrets, wrong, used, more=said.getvalue().encode()) == []
    assert [line["decision"] for line in read_json_lines(idp.conf)][:2] == ["wrong", "accepted"]


def sealed_value(slapd: RunningSlapd) -> bytes:
    entry = next(part for part in slapd.server.dump().split("\n\n") if f"dn: {ENTRY}\n" in part)
    found = re.search(r"^oathSecret::? (.*)$", entry, re.MULTILINE)
    if found is None:
        raise AssertionError("no secret")
    text = found[1].encode()
    return text if text.startswith(b"eyJ") else base64.b64decode(text)


def put_sealed(slapd: RunningSlapd, value: bytes, dn: str = ENTRY) -> None:
    written = base64.b64encode(value).decode()
    slapd.server.apply(f"dn: {dn}\nchangetype: modify\nreplace: oathSecret\noathSecret:: {written}\n")


def parts_changed(value: bytes, number: int) -> bytes:
    parts = value.split(b".")
    changed = bytearray(base64.urlsafe_b64decode(parts[number] + b"=="))
    changed[len(changed) // 2] ^= 1
    parts[number] = base64.urlsafe_b64encode(bytes(changed)).rstrip(b"=")
    return b".".join(parts)


DAMAGE = {
    "X-03-header": lambda value: parts_changed(value, 0),
    "X-03-nonce": lambda value: parts_changed(value, 2),
    "X-03-ciphertext": lambda value: parts_changed(value, 3),
    "X-03-tag": lambda value: parts_changed(value, 4),
    "X-03-truncated": lambda value: value[:-10],
    "X-03-cut-after-header": lambda value: value[:60],
    "X-03-other-product": lambda value: b'{"ciphertext": "AAAA"}',
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=[f"T-30-{name}" for name in DAMAGE])
def test_a_secret_that_does_not_open_lets_nobody_in_and_tells_nothing(
    talkative: Idp, own_slapd: RunningSlapd, damage: object
) -> None:
    idp = talkative
    browser, asked = at_code(idp)
    value = sealed_value(own_slapd)
    put_sealed(own_slapd, damage(value))  # type: ignore[operator]
    code = idp.code()

    sent = browser.submit(asked, tokencode=code)
    again = idp.browser(OUTSIDE)
    begun = again.submit(again.submit(prove_password(again), "totp"), tokencode=code)

    assert sent.saml_response is None
    assert begun.saml_response is None
    assert begun.name in {"certificate", "error"}
    assert "SealError" in {line.get("error") for line in read_json_lines(idp.conf, "process.log")}
    secrets = {**secrets_of(idp, code), "sealed": value.split(b".")[3]}
    assert hits(idp, secrets, sent, begun) == []

    put_sealed(own_slapd, value)
    browser = idp.browser(OUTSIDE)
    assert is_success(browser.submit(ask_code(browser), tokencode=code))


def test_x03_an_unknown_key_and_a_broken_value_are_told_apart_in_the_log(
    talkative: Idp, own_slapd: RunningSlapd
) -> None:
    idp = talkative
    value = sealed_value(own_slapd)
    header = base64.urlsafe_b64decode(value.split(b".")[0] + b"==")
    kid = re.search(rb'"kid":"([0-9a-f]+)"', header)
    assert kid is not None
    other = base64.urlsafe_b64encode(header.replace(kid[1], b"0" * len(kid[1]))).rstrip(b"=")
    for sealed in (b".".join((other, *value.split(b".")[1:])), parts_changed(value, 3)):
        put_sealed(own_slapd, sealed)
        browser = idp.browser(OUTSIDE)
        browser.submit(browser.submit(prove_password(browser), "totp"), tokencode="123456")

    details = [str(line.get("detail")) for line in read_json_lines(idp.conf, "process.log") if "detail" in line]
    assert any("D401" in detail for detail in details)
    assert any("D402" in detail for detail in details)


def test_x01_the_secret_of_another_person_does_not_open(talkative: Idp, own_slapd: RunningSlapd) -> None:
    idp = talkative
    idp.enrol("bob")
    put_sealed(own_slapd, sealed_value(own_slapd), ENTRY.replace("alice", "bob"))

    browser = idp.browser(OUTSIDE)
    page = browser.submit(browser.submit(prove_password(browser, "bob"), "totp"), tokencode=idp.code())

    assert (page.name, page.saml_response) == ("certificate", None)
    assert any("D402" in str(line.get("detail")) for line in read_json_lines(idp.conf, "process.log"))


def test_t30_an_exception_with_a_secret_in_its_words_and_variables_tells_neither(
    talkative: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    idp = talkative

    def fail(self: object, visit: object, tools: object) -> None:
        kept = SEED.reveal()
        raise ValueError(f"cannot read {kept!r} with {visit}")

    code = idp.code()
    browser, page = at_code(idp)
    monkeypatch.setattr(TOTPMethod, "resume", fail)
    answer = browser.submit(page, tokencode=code)

    assert answer.saml_response is None
    assert hits(idp, secrets_of(idp, code), answer) == []
    [line] = [line for line in read_json_lines(idp.conf, "process.log") if line.get("error") == "ValueError"]
    assert line["method"] == "totp"
    assert "test_leaks.py" in line["detail"]


def test_t30_an_unexpected_exception_anywhere_shows_a_reference_and_no_secret(
    talkative: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    idp = talkative
    code = idp.code()
    browser, page = at_code(idp)

    def fail(*given: object, **named: object) -> None:
        raise RuntimeError(f"{password_of('alice')} {code}")

    monkeypatch.setattr(type(idp.site.throttle), "reserve", fail)
    browser.may_break = True
    answer = browser.submit(page, tokencode=code)

    assert (answer.status, answer.code, answer.saml_response) == (500, "S500", None)
    assert "RuntimeError" not in answer.html
    assert hits(idp, secrets_of(idp, code), answer) == []
    assert any("RuntimeError" in str(line) for line in read_json_lines(idp.conf, "process.log"))


def test_t30_secrets_do_not_show_themselves(tmp_path: Path, idp: Idp) -> None:
    secret = Secret(b"a canary in a mine")
    tools = idp.site.tools("totp")
    subject = tools.people.find("alice")
    assert subject is not None
    credential = read(tools.credentials.list(subject, TOTP)[0])
    shown = f"{secret!r} {secret} {[secret]} {change(credential, secret=secret)} {credential!r}"

    assert "canary" not in shown
    assert SEED.reveal().decode() not in shown
