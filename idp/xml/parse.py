"""Read XML that others wrote, under limits; whatever is not plainly fine is refused (security.md A-03 to A-09)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import QName, XMLParser, XMLSyntaxError, fromstring, tostring
from lxml.etree import _Comment as Comment
from lxml.etree import _Element as Element

from idp.core.codes import Code
from idp.core.errors import ProtocolError

__all__ = [
    "AGGREGATE",
    "MESSAGE",
    "METADATA",
    "Element",
    "Limits",
    "canonical",
    "elements_of",
    "is_element",
    "local_name",
    "parse",
    "parse_piece",
    "standing_alone",
    "text_of",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one document is read: octets, depth of nesting, attributes of an element, elements in all."""

    octets: int
    elements: int
    depth: int = 64
    attributes: int = 64


MESSAGE = Limits(octets=128 * 1024, elements=2_000)
"""For one message; a signed AuthnRequest with its certificate has 3 kB and 25 elements."""
METADATA = Limits(octets=64 * 1024 * 1024, elements=2_000_000)
"""For one file of metadata."""
AGGREGATE = Limits(octets=2 * 1024 * 1024 * 1024, elements=50_000_000)
"""For a federation's document, of which one entity at a time is in memory."""

_WHITESPACE = " \t\r\n"
_DECLARED_ENCODING = re.compile(rb"\A<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")


def parse(data: bytes, limits: Limits = MESSAGE) -> Element:
    """Read one document and give its root.

    UTF-8 only, no document type (so no entities), no processing instructions, nothing fetched. Raises ProtocolError
    with REQUEST_TOO_LARGE or REQUEST_MALFORMED; its detail names the line.
    """
    if len(data) > limits.octets:
        raise _too_large(f"{len(data)} octets of XML, {limits.octets} are read")
    _check_octets(data, limits)
    root = parse_piece(data)
    _check_tree(root, limits)
    return root


def parse_piece(data: bytes) -> Element:
    """Read a piece of a document that was looked through under limits as it streamed by, and give its root.

    Nothing is fetched or resolved. Raises ProtocolError REQUEST_MALFORMED.
    """
    parser = XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        return fromstring(data, parser)
    except XMLSyntaxError as error:
        raise _malformed(error.msg or "not XML") from error


def canonical(element: Element, inclusive_prefixes: tuple[str, ...] = ()) -> bytes:
    """Write `element` in exclusive canonical form without comments (XML-EXC-C14N)."""
    prefixes = list(inclusive_prefixes) or None
    return tostring(
        element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes, with_tail=False
    )


def standing_alone(element: Element) -> bytes:
    """Write `element` as a document of its own, with the declarations around it that it may refer to."""
    return tostring(element, encoding="utf-8", with_tail=False)


def is_element(node: Element) -> bool:
    """Tell an element from a comment or a processing instruction, whose `tag` is no text."""
    return isinstance(node.tag, str)


def elements_of(parent: Element, tag: str | None = None) -> Iterator[Element]:
    """Give the child elements (of that tag, "{namespace}local"), passing over comments."""
    return (child for child in parent if is_element(child) and (tag is None or child.tag == tag))


def local_name(element: Element) -> str:
    """Give the element's name without its namespace."""
    return QName(element).localname


def text_of(element: Element) -> str:
    """Give the text of an element that holds only text: comments left out, without white space around it.

    Raises ProtocolError REQUEST_MALFORMED where there are elements inside.
    """
    parts = [element.text or ""]
    for child in element:
        if is_element(child):
            raise _malformed(f"line {child.sourceline}: an element where text belongs")
        parts.append(child.tail or "")
    return "".join(parts).strip(_WHITESPACE)


def _check_octets(data: bytes, limits: Limits) -> None:
    """Refuse on sight what would be dear to parse, and every other encoding than UTF-8."""
    if data.count(b"<") > 3 * limits.elements:
        raise _too_large(f"more than {limits.elements} elements")
    if b"<!DOCTYPE" in data:
        raise _malformed("a document type is not accepted")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("not UTF-8") from error
    declared = _DECLARED_ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in {b"utf-8", b"utf8"}:
        raise _malformed("declared as another encoding than UTF-8")


def _check_tree(root: Element, limits: Limits) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise _malformed("a document type is not accepted")
    level, depth, count = [root], 0, 0
    while level:
        depth += 1
        count += len(level)
        if depth > limits.depth:
            raise _malformed(f"nested deeper than {limits.depth}")
        if count > limits.elements:
            raise _too_large(f"more than {limits.elements} elements")
        level = [child for element in level for child in _checked_children(element, limits)]


def _checked_children(element: Element, limits: Limits) -> Iterator[Element]:
    if len(element.attrib) > limits.attributes:
        raise _malformed(f"line {element.sourceline}: more than {limits.attributes} attributes")
    for child in element:
        if is_element(child):
            yield child
        elif not isinstance(child, Comment):
            raise _malformed(f"line {child.sourceline}: a processing instruction or entity is not accepted")


def _malformed(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, detail)


def _too_large(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_TOO_LARGE, detail, http_status=413)
