"""What the table of rules says that nobody can have meant: rows that never decide, actions that no row is about."""

from collections.abc import Collection, Iterator, Sequence
from typing import get_args

from idp.core.network import OUTSIDE
from idp.settings.kinds import Action
from idp.settings.model import IdPSettings, Rule


def find_rule_warnings(settings: IdPSettings) -> Iterator[str]:
    """Give each doubt about the rules with what to do."""
    rules = settings.login.rules
    everywhere = {*settings.networks, OUTSIDE}
    for number, row in enumerate(rules):
        key = f"login.rules[{number}]"
        before = next((each for each in rules[:number] if _covers(each, row, everywhere)), None)
        if before is not None:
            what = f"{before.name!r}, which comes first, fits whenever it does"
            yield f"{key}: {row.name!r} never decides: {what}. Put it before that one, or remove it"
        if any(row.name == each.name for each in rules[:number]):
            yield f"{key}: another rule is called {row.name!r}, and the audit log tells them by their names. Rename it"
        for name in row.groups if settings.directory.group_attribute.lower() == "memberof" else ():
            if "=" not in name:
                yield f"{key}.groups: {name!r} is no DN, as the values of memberOf are. Write the group's DN"
    for action in get_args(Action):
        if action != "helpdesk" and not any(row.action == action for row in rules):
            yield f"login.rules: no rule is about {action!r}, which needs two factors then. Add one"


def _covers(row: Rule, later: Rule, everywhere: Collection[str]) -> bool:
    """Say whether a row fits whenever a later one does."""
    return (
        row.action == later.action
        and (set(row.networks) >= set(everywhere) or _is_wider(row.networks, later.networks))
        and _is_wider(row.groups, later.groups)
        and _is_wider(row.authn_contexts, later.authn_contexts)
        and _is_about_more(row, later)
        and _holds_as_long(row, later)
    )


def _holds_as_long(row: Rule, later: Rule) -> bool:
    """A grace ends for each person on another day, so that a row with one covers none."""
    begins = row.starts is None or (later.starts is not None and row.starts <= later.starts)
    ends = row.until is None or (later.until is not None and later.until <= row.until)
    return row.grace is None and begins and ends


def _is_wider(names: Sequence[str], later: Sequence[str]) -> bool:
    return not names or (bool(later) and set(later) <= set(names))


def _is_about_more(row: Rule, later: Rule) -> bool:
    if not (row.service_providers or row.entity_categories):
        return True
    return (
        bool(later.service_providers or later.entity_categories)
        and set(later.service_providers) <= set(row.service_providers)
        and set(later.entity_categories) <= set(row.entity_categories)
    )
