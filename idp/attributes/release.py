"""What a service provider may see of what is known: nothing that no rule permits (security.md I-09)."""

from collections.abc import Sequence

from idp.attributes.model import ReleasedAttribute
from idp.attributes.resolve import Resolved
from idp.federation.service_provider import ServiceProvider
from idp.settings.model import Release


def release(
    resolved: Resolved, service_provider: ServiceProvider, rules: Sequence[Release]
) -> tuple[ReleasedAttribute, ...]:
    """Give the attributes and values that any rule for this service provider permits, in the order of `resolved`.

    A rule that names values of an attribute permits those alone; an attribute left without a value is left out.
    """
    rules = [rule for rule in rules if _applies(rule, service_provider)]
    whole = {name for rule in rules for name in rule.attributes if name not in rule.values}
    released = []
    for attribute in resolved.attributes:
        values = attribute.values
        if attribute.id not in whole:
            values = tuple(value for value in values if any(_permits(rule, attribute.id, value) for rule in rules))
        if values:
            names = (attribute.name, attribute.name_format, attribute.friendly_name)
            released.append(ReleasedAttribute(attribute.id, *names, values))
    return tuple(released)


def _applies(rule: Release, service_provider: ServiceProvider) -> bool:
    return (
        rule.any_service_provider
        or service_provider.entity_id in rule.service_providers
        or not set(rule.entity_categories).isdisjoint(service_provider.entity_categories)
    )


def _permits(rule: Release, attribute_id: str, value: str) -> bool:
    return attribute_id in rule.attributes and value in rule.values.get(attribute_id, (value,))
