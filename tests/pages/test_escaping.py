"""What comes from service providers, people and metadata stays text."""

import pytest

from idp.core.codes import Code
from tests.pages.document import markup_problems, parse, submitted
from tests.pages.samples import LANGUAGES, SAMPLES, SITE, page

HOSTILE = "\"><script>alert(1)</script>'{{7*7}}<img src=x onerror=alert(1)>&amp;"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_s21_hostile_names_stay_text(name: str, language: str) -> None:
    changes = {
        "service_name": HOSTILE,
        "username": HOSTILE,
        "hidden": [("csrf_token", HOSTILE)],
        "alternatives": [("totp", HOSTILE)],
        "correlation_id": HOSTILE,
        "services": [HOSTILE],
        "password_help": HOSTILE,
        "privacy_url": "javascript:alert(1)",
        "information_url": "data:text/html,<script>alert(1)</script>",
        "register_url": "//evil.example/",
        "site": SITE.model_copy(update={"name": {"ja": HOSTILE, "en": HOSTILE}, "help_url": "javascript:alert(1)"}),
        "problem": Code.APP_NOT_REGISTERED if name == "error" else None,
    }
    text = page(SAMPLES[name], language, **changes)
    document = parse(text)

    assert markup_problems(text) == []
    assert document.xpath("//script[not(@src)] | //img[not(@class='qr')]") == []
    assert document.xpath("//@onerror") == []
    assert not [href for href in document.xpath("//@href") if href.startswith(("javascript:", "data:", "//"))]


def test_s21_a_name_of_a_service_is_shown_as_it_is() -> None:
    document = parse(page(SAMPLES["password"], "en", service_name=HOSTILE))

    assert document.xpath("string(//p[@class='lead']/strong)") == HOSTILE


def test_s20_what_is_posted_is_what_was_given() -> None:
    action = "https://sp.example.org/acs?a=1&b=\"><script>alert('x')</script>"
    relay_state = "\"><script>alert(1)</script>&quot;' \u2028"
    fields = [("SAMLResponse", 'PHg+"'), ("RelayState", relay_state)]
    document = parse(page(SAMPLES["post"], "en", action=action, hidden=fields))

    assert document.xpath("//form/@action") == [action]
    assert submitted(document) == {"SAMLResponse": 'PHg+"', "RelayState": relay_state}
    assert document.xpath("//script[not(@src)]") == []


@pytest.mark.parametrize("action", ["javascript:alert(1)", "data:text/html,x", "", "/idp", "JaVaScRiPt://x"])
def test_s20_an_answer_is_posted_to_nothing_but_http(action: str) -> None:
    with pytest.raises(ValueError, match="http"):
        page(SAMPLES["post"], "en", action=action)


@pytest.mark.parametrize("page_name", ["password", "totp", "certificate"])
def test_s21_a_page_loads_nothing_from_elsewhere(page_name: str) -> None:
    document = parse(page(SAMPLES[page_name], "en"))

    assert all(address.startswith("/idp/static/") for address in document.xpath("//@src | //link/@href"))
