"""What a service provider says of itself to people, and which attributes it asks for (MDUI 2.1; Metadata 2.4.4)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.federation.names import UNSPECIFIED_NAME_FORMAT, XML_LANG, name, path
from idp.federation.service_provider import RequestedAttribute
from idp.xml.parse import Element, text_of

_STRANGE = re.compile(r"[\x00-\x20\x7f]")
_UI_INFO = path("md:Extensions", "mdui:UIInfo")


@dataclass(frozen=True, slots=True)
class Descriptions:
    """Names and links by xml:lang; the attributes of the default AttributeConsumingService."""

    display_names: dict[str, str]
    information_urls: dict[str, str]
    privacy_urls: dict[str, str]
    requested_attributes: tuple[RequestedAttribute, ...]


def read_descriptions(role: Element) -> Descriptions:
    """Read them; where there is no mdui:DisplayName the ServiceName stands in. Links are http(s) or left out."""
    service = _default_service(role)
    names = _by_language(role.findall(f"{_UI_INFO}/{name('mdui:DisplayName')}"))
    if not names and service is not None:
        names = _by_language(service.findall(name("md:ServiceName")))
    return Descriptions(
        display_names=names,
        information_urls=_links(role, "mdui:InformationURL"),
        privacy_urls=_links(role, "mdui:PrivacyStatementURL"),
        requested_attributes=() if service is None else _requested_attributes(service),
    )


def _default_service(role: Element) -> Element | None:
    services = role.findall(name("md:AttributeConsumingService"))
    marked = (service for service in services if service.get("isDefault") in {"true", "1"})
    return next(marked, services[0] if services else None)


def _requested_attributes(service: Element) -> tuple[RequestedAttribute, ...]:
    return tuple(
        RequestedAttribute(
            name=attribute.get("Name", ""),
            name_format=attribute.get("NameFormat", UNSPECIFIED_NAME_FORMAT),
            is_required=attribute.get("isRequired") in {"true", "1"},
        )
        for attribute in service.findall(name("md:RequestedAttribute"))
    )


def _by_language(elements: Iterable[Element]) -> dict[str, str]:
    return {element.get(XML_LANG, ""): text for element in elements if (text := text_of(element))}


def _links(role: Element, element_name: str) -> dict[str, str]:
    links = _by_language(role.findall(f"{_UI_INFO}/{name(element_name)}"))
    return {language: link for language, link in links.items() if _is_link(link)}


def _is_link(text: str) -> bool:
    if _STRANGE.search(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
