"""Write exclusive canonical XML directly, so that what is signed is what was written (design, decision 2).

Each branch declares the namespaces it uses at its own top, so a branch keeps its digest wherever it is put, after
decryption into another document too. No xsi:type, no white space between elements, no prefixed attribute but xml:lang.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from idp.core.codes import Code
from idp.core.errors import WarifuError
from idp.xml.names import Name, Namespace

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Most of what we write needs no escape and is found out at once.
_PLAIN = re.compile("[A-Za-z0-9 .:/_@#+=-]*").fullmatch


class IllegalCharacterError(ValueError):
    """A text holds a character that XML 1.0 cannot carry, not even escaped (XML 1.0 2.2)."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """Text that is canonical already: base64, or a branch written before."""

    text: str


class Element(NamedTuple):
    """An element to be written; attributes are without namespace, or xml:lang; a child that is None is left out."""

    name: Name
    attributes: Mapping[str, str] | Canonical
    children: "tuple[Child, ...]"


Child = Element | Canonical | str | None
_NONE: Mapping[str, str] = {}


def element(name: Name, attributes: Mapping[str, str] | Canonical | None = None, *children: Child) -> Element:
    """Make an element; attributes may be given as `written_attributes` wrote them."""
    return tuple.__new__(Element, (name, attributes or _NONE, children))  # half the time of the class's own way


def is_writable(text: str) -> bool:
    """Tell whether XML 1.0 can carry every character of `text`."""
    return (text.isascii() and text.isprintable()) or _ILLEGAL.search(text) is None


def write(tree: Element) -> str:
    """Give `tree` in exclusive canonical form. Raises IllegalCharacterError."""
    parts: list[str] = []
    _write(tree, frozenset(), parts.append)
    return "".join(parts)


def branch(tree: Element, *inside: Namespace) -> Canonical:
    """Write once what is put often: `tree` as it stands under elements that declare `inside`."""
    parts: list[str] = []
    _write(tree, frozenset(namespace.prefix for namespace in inside), parts.append)
    return Canonical("".join(parts))


def written_attributes(attributes: Mapping[str, str]) -> Canonical:
    """Write once the attributes that many elements have."""
    return Canonical(_attributes(attributes))


def checked(text: str) -> bytes:
    """Give `text` in UTF-8 once a parser and its canonical form agree with every byte of it.

    Raises WarifuError with Code.BROKEN if they do not: then what would be sent is not what was signed.
    """
    written = text.encode("utf-8")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        canonical = etree.tostring(
            etree.fromstring(written, parser), method="c14n", exclusive=True, with_comments=False
        )
    except etree.XMLSyntaxError as error:
        raise WarifuError(Code.BROKEN, f"what was written is not XML: {error.msg}") from error
    if canonical != written:
        raise WarifuError(Code.BROKEN, "what was written is not canonical")
    return written


def _write(tree: Element, scope: frozenset[str], put: Callable[[str], None]) -> None:
    name, attributes, children = tree
    start = f"<{name.tag}"
    if name.prefix not in scope:
        start += name.declaration
        scope |= {name.prefix}
    if attributes is not _NONE:
        start += attributes.text if isinstance(attributes, Canonical) else _attributes(attributes)
    put(f"{start}>")
    for child in children:
        if isinstance(child, Element):
            _write(child, scope, put)
        elif isinstance(child, str):
            put(child if _PLAIN(child) else _escape_text(child))
        elif child is not None:
            put(child.text)
    put(f"</{name.tag}>")


def _attributes(attributes: Mapping[str, str]) -> str:
    text = ""
    for key in _ranked(attributes) if len(attributes) > 1 else attributes:
        value = attributes[key]
        text += f' {key}="{value if _PLAIN(value) else _escape_attribute(value)}"'
    return text


def _ranked(attributes: Mapping[str, str]) -> list[str]:
    # Canonical XML 2.2: attributes in no namespace come first.
    return sorted(sorted(attributes), key=_has_prefix) if ":" in "".join(attributes) else sorted(attributes)


def _has_prefix(attribute: str) -> bool:
    return ":" in attribute


def _escape_text(text: str) -> str:
    _require_writable(text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def _escape_attribute(text: str) -> str:
    _require_writable(text)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return escaped.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")


def _require_writable(text: str) -> None:
    if not is_writable(text):
        raise IllegalCharacterError("a text holds a character that XML cannot carry")
