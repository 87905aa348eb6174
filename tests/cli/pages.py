"""A page as the contract lets a script see it: its name, its problem's code, its form."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Page:
    """One answer."""

    status: int
    url: str
    html: str
    name: str = ""
    code: str = ""
    result: str = ""
    action: str = ""
    link: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    buttons: set[str] = field(default_factory=set)
    facts: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: requests.Response, base: str = "") -> "Page":
        """Read an answer; `base` is what a browser would have asked for."""
        page = cls(answer.status_code, base or answer.url, answer.text)
        _Reader(page).feed(page.html)
        return page


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form = 0
        self._text: list[str] = []
        self._fact = ""
        self._attribute = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "main":
            self._page.name = given.get("data-page", "")
        self._page.code = given.get("data-code", self._page.code)
        self._page.result = given.get("data-result", self._page.result)
        self._fact = given.get("data-fact", "") if tag == "dd" else self._fact
        self._attribute = given.get("data-attribute", "") if tag == "dd" else self._attribute
        if "data-value" in given and self._fact:
            self._page.facts[f"{self._fact}.value"] = given["data-value"]
        if tag == "a" and "button" in given.get("class", "").split():
            self._page.link = urljoin(self._page.url, given.get("href", ""))
        self._read_form(tag, given, name)

    def _read_form(self, tag: str, given: dict[str, str], name: str) -> None:
        if tag == "form" and given.get("method") == "post":
            self._form += 1
            if self._form == 1:
                self._page.action = urljoin(self._page.url, given.get("action", ""))
        if self._form > 1 or not name:
            return
        if tag == "input" and given.get("type") == "hidden":
            self._page.hidden[name] = given.get("value", "")
        elif tag == "input":
            self._page.fields.add(name)
        elif tag == "button":
            self._page.buttons.add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "dd":
            self._fact = self._attribute = ""

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if text and self._fact:
            self._page.facts.setdefault(self._fact, text)
        if text and self._attribute:
            self._page.values.setdefault(self._attribute, []).append(text)
