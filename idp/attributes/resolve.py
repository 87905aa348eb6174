"""What is known of a person: the attributes of the configuration, filled from the directory."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from idp.plugin.tools import Attributes
from idp.settings.model import Attribute

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold (XML 1.0 2.2)."""


@dataclass(frozen=True, slots=True)
class ResolvedAttribute:
    """An attribute with all its values, before anybody may see it; `id` is its key in the configuration."""

    id: str
    name: str
    name_format: str
    friendly_name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """The attributes that have values, in the order of the configuration, and the ids of those that lost some."""

    attributes: tuple[ResolvedAttribute, ...]
    dropped: tuple[str, ...] = ()


def resolve(attributes: Mapping[str, Attribute], directory_attributes: Attributes, scopes: Collection[str]) -> Resolved:
    """Give every attribute that has a value: its `source` in the directory or, without one there, its own `value`.

    Empty values and repetitions leave no trace. Dropped, and told, are values that XML cannot carry (security.md I-05)
    and values of a scope that is not one of the site's `scopes`, or that would read as such (I-15).
    """
    found, dropped = [], []
    for attribute_id, attribute in attributes.items():
        known = directory_attributes.get(attribute.source.lower(), ()) if attribute.source else ()
        known = known or attribute.value
        given = [value for value in dict.fromkeys(known) if value.strip()]
        values = tuple(scoped for value in given if (scoped := _acceptable(value, attribute, scopes)) is not None)
        if len(values) < len(given):
            dropped.append(attribute_id)
        if values:
            names = (attribute.name, attribute.name_format, attribute.friendly_name)
            found.append(ResolvedAttribute(attribute_id, *names, values))
    return Resolved(tuple(found), tuple(dropped))


def _acceptable(value: str, attribute: Attribute, scopes: Collection[str]) -> str | None:
    if NOT_XML.search(value):
        return None
    if attribute.scope:
        return f"{value}@{attribute.scope}" if attribute.scope in scopes and "@" not in value else None
    if attribute.scoped:
        local, at, scope = value.partition("@")
        return value if local.strip() and at and scope in scopes else None
    return value
