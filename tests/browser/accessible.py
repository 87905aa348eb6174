"""What axe-core says of a page, and what the Tab key reaches on it (WCAG 2.2 AA; people.md R6)."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
"""All that axe-core knows of WCAG up to AA, and what it holds for good practice."""
ZOOMED = {"width": 320, "height": 256}
"""A screen of 1280 by 1024 at 400 % (WCAG 1.4.10)."""
_MOST_STOPS = 100


def violations(page: Page) -> list[str]:
    """Give what axe-core finds, a line each: the rule, what it means, where; what is folded is opened first."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    # Not a script of the page: its policy would refuse one.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{each['id']}: {each['help']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]
    ]


def unreached(page: Page) -> list[str]:
    """Give the controls that the Tab key never reaches, or that do not show it when it is there (WCAG 2.1.1, 2.4.7)."""
    page.evaluate("document.activeElement.blur()")
    page.evaluate(_NUMBER)
    seen: set[str] = set()
    hidden: list[str] = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        number, shows, html = page.evaluate(_FOCUSED)
        if number and number in seen:
            break
        seen.add(number)
        if number and not shows:
            hidden.append(f"does not show the focus: {html}")
    missed: list[str] = page.evaluate(_MISSED, sorted(seen))
    return hidden + missed


_NUMBER = """() => [...document.querySelectorAll('a[href], button, summary, input:not([type=hidden]), select')]
  .filter(e => e.checkVisibility() && e.tabIndex >= 0).forEach((e, i) => { e.dataset.stop = i + 1 })"""
_FOCUSED = """() => { const e = document.activeElement, style = getComputedStyle(e);
  return [e.dataset.stop || '', style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
          e.outerHTML.slice(0, 160)]; }"""
_MISSED = """seen => [...document.querySelectorAll('[data-stop]')].filter(e => !seen.includes(e.dataset.stop))
  .map(e => 'is not reached: ' + e.outerHTML.slice(0, 160))"""
