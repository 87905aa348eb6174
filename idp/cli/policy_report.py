"""How `warifu policy explain` tells what it found: for a person, and as JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

from idp.core.network import Address
from idp.core.subject import Subject
from idp.federation.service_provider import ServiceProvider
from idp.flow.explain import Explanation, Offer, Way
from idp.flow.rules import Condition, Weighed
from idp.plugin import Purpose
from idp.settings.model import Rule
from idp.words import Words


@dataclass(frozen=True, slots=True)
class Asked:
    """Who comes from where to do what; `class_refs` are the classes that the service provider asks for."""

    subject: Subject
    account: str
    groups: tuple[str, ...]
    service_provider: ServiceProvider | None
    address: Address
    network: str
    action: Purpose
    class_refs: tuple[str, ...]


def as_lines(asked: Asked, explanation: Explanation, words: Words) -> list[str]:
    """Give the lines for a terminal."""
    lines = [f"{name:<17} {plain(value)}" for name, value in _facts(asked)]
    lines += ["", "Rules, in order:"]
    width = max(_width(plain(each.rule.name)) for each in explanation.rules)
    for number, each in enumerate(explanation.rules, start=1):
        name = plain(each.rule.name)
        lines.append(f"  {number:>3}  {name}{' ' * (width - _width(name))}  {_verdict(each, asked)}")
    lines += ["", "Methods:"]
    lines += [f"  {each.method:<14} {_offered(each, words)}" for each in explanation.offers]
    lines += ["", f"Must be proved: {_required(asked, explanation)}"]
    lines += [f"  {_way(each)}" for each in explanation.ways]
    if asked.account != "active":
        lines += ["", f"The account is {asked.account}: whatever is proved, there is no login."]
    return lines


def as_json(asked: Asked, explanation: Explanation) -> dict[str, object]:
    """Give the same for a script."""
    refusal = explanation.refusal
    rules = [_rule_json(each) for each in explanation.rules]
    deciding = next(each for each in rules if each["decides"])
    sp = asked.service_provider
    return {
        "person": {
            "username": asked.subject.username,
            "dn": asked.subject.dn,
            "account": asked.account,
            "groups": list(asked.groups),
        },
        "service_provider": {"entity_id": sp.entity_id, "entity_categories": list(sp.entity_categories)}
        if sp
        else None,
        "from": {"address": str(asked.address), "network": asked.network},
        "action": asked.action.value,
        "authn_contexts": list(asked.class_refs),
        "rules": rules,
        "rule": explanation.deciding.name,
        "require": explanation.deciding.require,
        "until": deciding["until"],
        "remembered": explanation.remembered,
        "methods": [
            {
                "name": each.method,
                "offered": each.is_offered,
                "code": each.code and str(each.code),
                "for_ways_alone": each.is_for_ways,
            }
            for each in explanation.offers
        ],
        "ways": [
            {"methods": list(each.methods), "authn_context": each.authn_context, "bindings": _bindings(each)}
            for each in explanation.ways
        ],
        "refused": {"code": str(refusal.code), "status": refusal.sub} if refusal else None,
    }


def plain(text: str) -> str:
    """Escape what moves a cursor, hides or ends a line: names come from the directory and from metadata."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _facts(asked: Asked) -> Iterator[tuple[str, str]]:
    yield "person", f"{asked.subject.username} ({asked.subject.dn}), account {asked.account}"
    for number, group in enumerate(asked.groups or ("none",)):
        yield "" if number else "groups", group
    if asked.service_provider is not None:
        sp = asked.service_provider
        yield "service provider", f"{sp.entity_id} ({sp.display_name('en')})"
        for number, category in enumerate(sp.entity_categories):
            yield "" if number else "categories", category
    yield "from", f"{asked.address}, network {asked.network}"
    yield "action", asked.action.value
    for number, uri in enumerate(asked.class_refs):
        yield "" if number else "asks for", uri


def _rule_json(each: Weighed) -> dict[str, object]:
    return {
        "name": each.rule.name,
        "require": each.rule.require,
        "ways": [list(way) for way in each.rule.ways],
        "fits": not each.unmet,
        "unmet": [str(condition) for condition in each.unmet],
        "decides": each.decides,
        "until": each.until.isoformat() if each.until is not None else None,
    }


def _verdict(each: Weighed, asked: Asked) -> str:
    if each.decides:
        return f"DECIDES: {_wants(each.rule)}{_until(each)}"
    if not each.unmet:
        return f"would fit, but comes later ({_wants(each.rule)})"
    return "does not fit: " + "; ".join(_why_not(condition, each, asked) for condition in each.unmet)


def _until(each: Weighed) -> str:
    if each.until is None:
        return ""
    return f" until {each.until}{', by its grace' if each.rule.grace is not None else ''}"


def _why_not(condition: Condition, weighed: Weighed, asked: Asked) -> str:
    rule = weighed.rule
    if condition in {Condition.FROM, Condition.UNTIL, Condition.GRACE}:
        return _not_now(condition, weighed)
    if condition is Condition.ACTION:
        return f"it is about {rule.action}"
    if condition is Condition.NETWORK:
        return f"{asked.network} is not {_any_of(rule.networks)}"
    if condition is Condition.SERVICE_PROVIDER:
        return f"the service provider is not {_any_of((*rule.service_providers, *rule.entity_categories))}"
    if condition is Condition.GROUP:
        return f"the person is not in {_any_of(rule.groups)}"
    return f"none of {_any_of(rule.authn_contexts)} is asked for"


def _not_now(condition: Condition, weighed: Weighed) -> str:
    rule = weighed.rule
    if condition is Condition.FROM:
        return f"it holds from {rule.starts} on"
    if condition is Condition.UNTIL or rule.grace is None:
        return f"it held until {rule.until}"
    if weighed.until is not None:
        return f"the grace ended on {weighed.until}"
    return "nobody knows when the grace began"


def _any_of(names: Iterable[str]) -> str:
    return " or ".join(map(plain, names))


def _wants(rule: Rule) -> str:
    return " or ".join(" + ".join(way) for way in rule.ways) or rule.require


def _offered(offer: Offer, words: Words) -> str:
    if offer.is_offered:
        where = ", in ways that name it" if offer.is_for_ways else ""
        return "asks who the person is" if offer.begins else f"offered{where}"
    return f"not offered: {offer.code} {words.text('en', f'code.{offer.code}.title')}" if offer.code else "not offered"


def _required(asked: Asked, explanation: Explanation) -> str:
    if explanation.refusal is not None:
        return f"nothing helps: {explanation.refusal.sub} ({explanation.refusal.code})"
    wanted = {"two-factors": "two factors", "ways": "one of the ways of the rule"}
    what = wanted.get(explanation.deciding.require, "one factor")
    what += "; a browser that the person trusts spares the second" if explanation.remembered else ""
    what += ", and what the class asked for says" if asked.class_refs else ""
    return what if explanation.ways else f"{what}, and this person has no way to"


def _way(way: Way) -> str:
    counted = f", if bound by {' or '.join(way.bindings)}" if way.bindings is not None else ""
    stated = f" -> {way.authn_context}{counted}" if way.authn_context else ""
    return f"{' + '.join(way.methods)}{stated}"


def _bindings(way: Way) -> list[str] | None:
    return None if way.bindings is None else [str(each) for each in way.bindings]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
