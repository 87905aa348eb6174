"""A registration that breaks registers nothing, is written down, and is nobody's fault before it (security.md T-25)."""

from collections.abc import Callable
from typing import NoReturn

import pytest

from plugins.totp.method import TOTPMethod
from tests.parts.logs import PROCESS_LOG, read_json_lines
from tests.parts.site import Idp
from tests.parts.sites import GENEROUS, MakeIdp
from tests.parts.slapd import RunningSlapd
from tests.register.steps import ACCOUNT, secrets_of, someone

Answer = Callable[..., object]


def fail(*given: object) -> NoReturn:
    raise ValueError("out of order")


def say_nonsense(*given: object) -> object:
    return NotImplemented


@pytest.fixture
def site(make_idp: MakeIdp, own_slapd: RunningSlapd) -> Idp:
    return make_idp(own_slapd, plugins_toml=GENEROUS, replace=(PROCESS_LOG,))


def failures(site: Idp) -> list[dict[str, object]]:
    return [line for line in read_json_lines(site.conf, "process.log") if line["event"] == "a method failed"]


@pytest.mark.parametrize("bad", [fail, say_nonsense])
@pytest.mark.parametrize("operation", ["registered", "offer", "confirm", "enrol"])
def test_t25_a_broken_registration_registers_nothing(
    site: Idp, monkeypatch: pytest.MonkeyPatch, operation: str, bad: Answer
) -> None:
    person = someone(site)
    with monkeypatch.context() as patch:
        if operation in {"registered", "offer"}:
            patch.setattr(TOTPMethod, operation, bad)
            page = person.open()
        else:
            form = person.scan(person.open())
            patch.setattr(TOTPMethod, operation, bad)
            page = person.browser.submit(form, "register", tokencode=person.code())
    assert (page.status, page.code) == ((200, "A403") if operation == "confirm" else (503, "A403"))
    assert secrets_of(site) == []
    assert failures(site)
    assert all(line["method"] == "totp" for line in failures(site))

    site.clock.advance(seconds=60)
    other = someone(site)
    assert other.register().name == "account"
    assert secrets_of(site) == [other.key]


def test_t25_what_cannot_be_said_of_an_account_is_not_made_up(site: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TOTPMethod, "registered", fail)

    page = someone(site, "alice").open(ACCOUNT)

    assert (page.status, page.name) == (200, "account")
    assert 'data-registered="unknown"' in page.html
