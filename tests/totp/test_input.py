"""What may arrive where a code is expected (security.md T-09, T-11)."""

import re

import pytest

from idp.core.codes import Code
from plugins.totp.codes import code_at, step_at
from tests.parts.site import ASK_ALWAYS, SEED, Idp, Page
from tests.parts.sites import GENEROUS, MakeIdp, at_code, is_refusal, is_success
from tests.parts.slapd import RunningSlapd

TYPED = {
    "as-shown": "{code}",
    "spaces-around": "  {code}  ",
    "two-groups": "{left} {right}",
    "newline": "{code}\n",
    "full-width": "{wide}",
}


@pytest.mark.parametrize("form", TYPED.values(), ids=[f"T-09-{name}" for name in TYPED])
def test_a_right_code_is_taken_however_it_is_typed(idp: Idp, form: str) -> None:
    browser, page = at_code(idp)
    code = idp.code()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)

    answer = browser.submit(page, tokencode=form.format(code=code, left=code[:3], right=code[3:], wide=wide))

    assert is_success(answer)


def test_t09_leading_zeros_are_digits(idp: Idp) -> None:
    now = step_at(idp.clock())
    ahead = next(step for step in range(now, now + 100_000) if code_at(SEED, step).startswith("00"))
    idp.clock.advance(seconds=(ahead - now) * 30)
    code = idp.code()

    browser, page = at_code(idp)
    assert is_refusal(browser.submit(page, tokencode=code.lstrip("0")), Code.CODE_FORMAT)
    assert is_success(browser.submit(page, tokencode=code))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param("", Code.CODE_EMPTY, id="T-09-empty"),
        pytest.param("   ", Code.CODE_EMPTY, id="T-09-blank"),
        pytest.param("-12345", Code.CODE_FORMAT, id="T-09-negative"),
        pytest.param("12345", Code.CODE_FORMAT, id="T-09-five"),
        pytest.param("1234567", Code.CODE_FORMAT, id="T-09-seven"),
        pytest.param("abcdef", Code.CODE_FORMAT, id="T-09-letters"),
        pytest.param("12345\0", Code.CODE_FORMAT, id="T-09-nul"),
        pytest.param("9" * 8000, Code.CODE_FORMAT, id="T-09-8-kB"),
        pytest.param("{{7*7}}", Code.CODE_FORMAT, id="T-09-template"),
    ],
)
def test_what_is_no_code_is_said_to_be_none(idp: Idp, typed: str, code: Code) -> None:
    browser, page = at_code(idp)

    answer = browser.submit(page, tokencode=typed)

    assert is_refusal(answer, code)
    assert answer.name == "totp"


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        pytest.param([("tokencode", "{code}"), ("tokencode", "{code}")], 400, id="T-09-array"),
        pytest.param([("tokencode[]", "{code}")], 200, id="T-09-array-name"),
        pytest.param([("TokenCode", "{code}")], 200, id="T-09-other-case"),
        pytest.param([("tokencode", "9" * 1_000_000)], 413, id="T-09-one-megabyte"),
    ],
)
def test_a_field_that_is_not_ours_proves_nothing(idp: Idp, extra: list[tuple[str, str]], status: int) -> None:
    browser, page = at_code(idp)
    fields = [*page.hidden.items(), *((name, value.format(code=idp.code())) for name, value in extra)]

    answer = browser.post(page.action, fields)

    assert answer.status == status
    assert answer.saml_response is None


def without_tokens(page: Page) -> str:
    return re.sub(r'value="\d+\.[0-9a-f]{64}"', "", page.html)


def test_t11_wrong_used_and_out_of_the_window_are_one_message(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = make_idp(slapd, plugins_toml=ASK_ALWAYS + GENEROUS)
    browser, page = at_code(idp)
    assert is_success(browser.submit(page, tokencode=idp.code(steps=1)))

    codes = [idp.code(steps=steps) for steps in range(-10, 11)]
    browser, page = at_code(idp)
    said = set()
    for code in ("000000", *codes):
        page = browser.submit(page, tokencode=code)
        said.add((page.status, page.code, without_tokens(page), tuple(sorted(page.response.headers.keys()))))

    assert [(status, code) for status, code, _, _ in said] == [(200, Code.WRONG_CODE)]
