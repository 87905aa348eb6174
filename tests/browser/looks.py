"""What a page must keep to on any screen: it fits, it can be touched, it can be read."""

from playwright.sync_api import Page

SMALLEST_TARGET_PIXELS = 44
LEAST_CONTRAST = 4.5


def too_wide(page: Page) -> bool:
    """Say whether the page would have to be moved sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def small_targets(page: Page) -> list[str]:
    """Give what is to be touched and is less high than a finger; links inside a sentence may be."""
    found: list[str] = page.locator("a, button, summary, input:not([type=hidden]):not(.person)").evaluate_all(
        """(elements, least) => elements.filter(e => {
          const box = e.getBoundingClientRect();
          return box.height && box.height < least && !e.closest('p:not(.codes)');
        }).map(e => e.outerHTML)""",
        SMALLEST_TARGET_PIXELS,
    )
    return found


def faint_texts(page: Page) -> list[str]:
    """Give the texts whose contrast with what is behind them is too low (WCAG 1.4.3)."""
    found: list[str] = page.evaluate(_FAINT, LEAST_CONTRAST)
    return found


_FAINT = """least => {
  const number = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) {
    const c = number(getComputedStyle(e).backgroundColor); if (c[3] !== 0) return c; } return [255, 255, 255]; };
  const ratio = e => { const [a, b] = [light(number(getComputedStyle(e).color)), light(ground(e))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); };
  return [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().height && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .filter(e => ratio(e) < least).map(e => e.outerHTML.slice(0, 80));
}"""
