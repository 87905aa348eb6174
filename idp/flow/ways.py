"""What the methods that are enabled say of the ways that the rules name, looked at before anybody goes them."""

from collections.abc import Iterator, Mapping, Sequence

from idp.core.errors import ConfigError, Problem
from idp.plugin import Identifying
from idp.plugin.registry import Enabled
from idp.settings.model import Login


def beginning(names: Sequence[str], methods: Mapping[str, Enabled]) -> list[str]:
    """Give those of the methods of a login that it may begin with, in their order: they learn who the person is."""
    return [name for name in names if isinstance(methods[name].method, Identifying)]


def verify_ways(login: Login, methods: Mapping[str, Enabled], file: str) -> None:
    """Raise ConfigError for a login, or a way of a rule, that nobody could begin."""
    problems = [Problem(file, key, what, "Name a method that asks who it is") for key, what in _find(login, methods)]
    if problems:
        raise ConfigError(problems)


def _find(login: Login, methods: Mapping[str, Enabled]) -> Iterator[tuple[str, str]]:
    first = beginning(login.methods, methods)
    if not first:
        yield "login.methods", "none of them asks who the person is"
        return
    for number, rule in enumerate(login.rules):
        for way in rule.ways:
            if set(first).isdisjoint(way):
                yield f"login.rules[{number}].ways", f"none of {' + '.join(way)} asks who the person is"
