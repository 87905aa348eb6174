"""A page as a parser sees it: well formed, and asked about what a browser or a screen reader would ask."""

from html.parser import HTMLParser

import lxml.html
from lxml.html import HtmlElement

VOID = {"meta", "link", "input", "br", "img"}


class _Tags(HTMLParser):
    """Follows the tags as they are written: each closed, in order (HTML allows less; our pages do not need it)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.problems.append(f"an attribute twice in <{tag}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.open or self.open[0] != "html" or "svg" not in self.open:
            self.problems.append(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes another")


def markup_problems(text: str) -> list[str]:
    """Give what is wrong with the tags as written."""
    tags = _Tags()
    tags.feed(text)
    tags.close()
    return tags.problems + [f"<{tag}> left open" for tag in tags.open]


def parse(text: str) -> HtmlElement:
    """Give the document."""
    return lxml.html.document_fromstring(text)


def names_of_buttons(document: HtmlElement) -> list[str]:
    """Give the names of the submit buttons in the order that Enter looks for the first."""
    return [button.get("name") or "" for button in document.xpath("//form//button[@type='submit']")]


def submitted(document: HtmlElement) -> dict[str, str]:
    """Give the fields a client would send back as they stand."""
    return {field.get("name"): field.get("value") or "" for field in document.xpath("//form//input[@name]")}
