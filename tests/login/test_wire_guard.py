"""The guard of the tests' browser sees what it is there to see (security.md 5.3)."""

import re
from collections.abc import Callable

import pytest
from werkzeug.wrappers import Response

from tests.login.conftest import OTHER_SP, SP
from tests.login.steps import single_factor
from tests.parts.judge import JudgementError
from tests.parts.site import Idp
from tests.parts.wire_guard import guard, guard_answer


def _header(name: str, value: str | None) -> Callable[[Response], None]:
    def change(response: Response) -> None:
        response.headers.pop(name, None)
        if value is not None:
            response.headers[name] = value

    return change


def _body(old: str, new: str) -> Callable[[Response], None]:
    def change(response: Response) -> None:
        response.set_data(response.get_data(as_text=True).replace(old, new, 1))

    return change


FAULTS = {
    "S-01-domain": _header(
        "Set-Cookie", f"__Host-warifu_session={'a' * 43}; Secure; HttpOnly; Path=/; SameSite=Lax; Domain=x"
    ),
    "S-01-no-secure": _header("Set-Cookie", f"__Host-warifu_session={'a' * 43}; HttpOnly; Path=/; SameSite=Lax"),
    "S-01-name": _header("Set-Cookie", f"warifu={'a' * 43}; Secure; HttpOnly; Path=/; SameSite=Lax"),
    "S-05-content": _header("Set-Cookie", "__Host-warifu_session=alice; Secure; HttpOnly; Path=/; SameSite=Lax"),
    "S-02-cache": _header("Cache-Control", "private"),
    "S-09-frame": _header("X-Frame-Options", None),
    "S-10-policy": _header("Content-Security-Policy", "default-src 'self'"),
    "S-15-hsts": _header("Strict-Transport-Security", "max-age=0"),
    "S-16-redirect": _header("Location", "https://evil.example.com/"),
    "S-10-script": _body("</main>", "<script>1</script></main>"),
    "S-10-handler": _body("<main", "<main onclick=x"),
    "design-12-image": _body("</main>", '<img src="https://sp.example.org/logo.png"></main>'),
    "status": lambda response: setattr(response, "status_code", 500),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_an_answer_is_seen(idp: Idp, name: str) -> None:
    response = idp.browser().visit(SP).response
    guard(response, "/idp/x")
    FAULTS[name](response)

    with pytest.raises((AssertionError, ValueError)):
        guard(response, "/idp/x")


@pytest.mark.parametrize(
    "name", ["I-01-tampered", "I-01-unsigned", "I-03-two", "I-03-none", "I-04-destination", "I-04-other-sp"]
)
def test_each_fault_of_a_response_is_seen(idp: Idp, name: str) -> None:
    answer = single_factor(idp.browser())
    xml, action, sp = answer.saml_response, answer.action, SP
    inside = re.search(rb"<saml2?:EncryptedAssertion.*</saml2?:EncryptedAssertion>", xml, re.DOTALL).group()
    guard_answer(xml, action, sp, idp.certificate_pem)
    if name == "I-01-tampered":
        xml = xml.replace(b'InResponseTo="_', b'InResponseTo="_0', 1)
    if name == "I-01-unsigned":
        xml = re.sub(rb"<ds:Signature.*?</ds:Signature>", b"", xml, count=1, flags=re.DOTALL)
    if name == "I-03-two":
        xml = xml.replace(inside, inside + inside)
    if name == "I-03-none":
        xml = xml.replace(inside, b"")
    if name == "I-04-destination":
        action += "/"
    if name == "I-04-other-sp":
        sp = OTHER_SP

    with pytest.raises(Exception) as seen:  # noqa: PT011 - the guard's own, or a library's
        guard_answer(xml, action, sp, idp.certificate_pem)
    assert isinstance(seen.value, AssertionError | JudgementError) or seen.type.__module__ != "builtins"
