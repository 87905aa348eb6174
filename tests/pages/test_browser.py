"""The pages in a real browser: on a phone, at 400 % zoom, with the keyboard, with script and without."""

from collections.abc import Iterator
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from idp.web.render import STATIC
from tests.browser.accessible import unreached, violations
from tests.pages.samples import LANGUAGES, ROOT, SAMPLES, environment, page

pytestmark = pytest.mark.slow

ORIGIN = "https://idp.example.ac.jp"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'"
SMALL = """elements => elements.filter(e => {
  const box = e.getBoundingClientRect();
  return box.height && box.height < 44 && !e.closest('p:not(.codes)');
}).map(e => e.outerHTML)"""


GO_ON_BY_THEMSELVES = frozenset({"post", "logging-out"})
"""Pages that are gone before anybody could look (tests/browser/test_accessible.py stops one)."""


class Stage:
    """A browser page that only knows our pages; what it posts is kept."""

    def __init__(
        self,
        browser: Browser,
        *,
        width: int = 390,
        height: int = 844,
        script: bool = True,
        scheme: Literal["light", "dark"] = "light",
    ) -> None:
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script, color_scheme=scheme
        )
        self.page: Page = context.new_page()
        self.posted: list[tuple[str, dict[str, list[str]]]] = []
        self.refused: list[str] = []
        self._text = ""
        self.page.on("console", lambda message: self.refused.append(message.text))
        self.page.route("**/*", self._answer)

    def show(self, name: str, language: str, **changes: object) -> Page:
        """Open a page."""
        self._text = page(SAMPLES[name], language, **changes)
        self.page.goto(f"{ORIGIN}/{name}", wait_until="load")
        return self.page

    def _answer(self, route: Route) -> None:
        request, path = route.request, urlsplit(route.request.url).path
        if request.method == "POST":
            self.posted.append((request.url, parse_qs(request.post_data or "", keep_blank_values=True)))
            route.fulfill(body="<!doctype html><title>received</title>", content_type="text/html")
        elif path == "/idp/static/site.css":
            style = environment().get_template("site.css").render(colour="#a8322c")
            route.fulfill(body=style, content_type="text/css")
        elif path.startswith("/idp/static/"):
            owner, _, name = path.removeprefix("/idp/static/").rpartition("/")
            file = (ROOT / "plugins" / owner / "static" / owner if owner else STATIC) / name
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        else:
            policy = POLICY.replace("img-src 'self'", "img-src 'self' data:") if 'class="qr"' in self._text else POLICY
            headers = {"Content-Security-Policy": policy}
            route.fulfill(body=self._text, content_type="text/html; charset=utf-8", headers=headers)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_r06_pages_fit_400_percent_zoom_and_fingers(browser: Browser, language: str) -> None:
    stage = Stage(browser, width=320, height=256)
    for name in SAMPLES:
        if name == "post":
            continue
        shown = stage.show(name, language)
        targets = shown.locator("a, button, summary, input:not([type=hidden]):not(.person)")

        assert shown.evaluate("document.documentElement.scrollWidth") <= 320, name
        assert targets.evaluate_all(SMALL) == [], name
    assert stage.refused == []


@pytest.mark.parametrize(("language", "scheme"), [("ja", "light"), ("en", "light"), ("ja", "dark")])
def test_axe_finds_nothing_on_any_page(browser: Browser, language: str, scheme: Literal["light", "dark"]) -> None:
    stage = Stage(browser, scheme=scheme)
    for name in SAMPLES:
        if name not in GO_ON_BY_THEMSELVES:
            assert violations(stage.show(name, language)) == [], name


def test_every_control_of_any_page_is_reached_by_keyboard(browser: Browser) -> None:
    stage = Stage(browser)
    for name in SAMPLES:
        if name not in GO_ON_BY_THEMSELVES:
            assert unreached(stage.show(name, "ja")) == [], name


def test_r06_what_has_the_focus_is_seen(browser: Browser) -> None:
    shown = Stage(browser).show("password", "ja")

    for selector in ("#username", "#password", "button[name=_eventId_proceed]", "summary"):
        element = shown.locator(selector)
        assert element.evaluate("e => e === document.activeElement"), selector
        assert element.evaluate("e => getComputedStyle(e).outlineWidth") == "3px", selector
        shown.keyboard.press("Tab")


@pytest.mark.parametrize("script", [True, False])
def test_seed_19_enter_sends_the_form_with_its_main_button(browser: Browser, *, script: bool) -> None:
    stage = Stage(browser, script=script)
    shown = stage.show("totp", "en")
    shown.locator("#tokencode").fill("１２３ ４５６")
    with shown.expect_navigation():
        shown.keyboard.press("Enter")

    url, fields = stage.posted[0]
    assert url == f"{ORIGIN}/idp/profile/SAML2/Redirect/SSO?execution=e1"
    assert fields == {"csrf_token": ["t0k3n"], "tokencode": ["１２３ ４５６"], "_eventId_proceed": [""]}


def test_another_way_can_be_chosen_with_the_code_left_empty(browser: Browser) -> None:
    stage = Stage(browser, script=False)
    shown = stage.show("totp", "en")
    shown.locator("summary").click()
    with shown.expect_navigation():
        shown.locator("button[name=_eventId_certificate]").click()

    assert "_eventId_certificate" in stage.posted[0][1]


def test_the_answer_posts_itself(browser: Browser) -> None:
    stage = Stage(browser)
    stage.show("post", "ja")
    stage.page.wait_for_url("https://sp.example.org/**")

    expected = {"SAMLResponse": ["PD94bWw="], "RelayState": ["ss:mem:1"]}
    assert stage.posted == [("https://sp.example.org/Shibboleth.sso/SAML2/POST", expected)]


def test_r07_the_answer_is_posted_by_its_button_without_script(browser: Browser) -> None:
    stage = Stage(browser, script=False)
    shown = stage.show("post", "ja")
    assert stage.posted == []
    with shown.expect_navigation():
        shown.get_by_role("button", name="続ける").click()

    assert [url for url, _ in stage.posted] == ["https://sp.example.org/Shibboleth.sso/SAML2/POST"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_light_and_dark(browser: Browser, scheme: str) -> None:
    stage = Stage(browser)
    stage.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    shown = stage.show("totp-again", "ja")

    ratios = shown.evaluate(_CONTRASTS)
    assert [ratio for ratio in ratios if ratio[1] < 4.5] == []
    assert len(ratios) > 8


_CONTRASTS = """() => {
  const number = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) {
    const c = number(getComputedStyle(e).backgroundColor); if (c[3] !== 0) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll('h1, h2, p, a, span, label, button, summary, code, strong, input.code')]
    .filter(e => e.getBoundingClientRect().height && e.textContent.trim())
    .map(e => { const [a, b] = [light(number(getComputedStyle(e).color)), light(ground(e))];
      return [e.outerHTML.slice(0, 60), (Math.max(a, b) + .05) / (Math.min(a, b) + .05)]; });
}"""
