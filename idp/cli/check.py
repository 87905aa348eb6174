"""`warifu check`: everything wrong at once, with file, key and remedy; asks the parts that a site depends on."""

import sys
from collections.abc import Iterator

import click

from idp import app
from idp.cli.context import CommandContext, with_conf
from idp.cli.directory_lock import METHOD, find_lock_warnings
from idp.cli.safety import examine
from idp.core.clock import system_clock
from idp.core.errors import ConfigError, DependencyError, Problem
from idp.core.network import OUTSIDE
from idp.federation.health import look_at_sources
from idp.federation.refresh import refresh
from idp.plugin import Ask, Checkable, Purpose, Refused, SendTo, Skipped, Tools, Visit
from idp.plugin.descriptor import page_of
from idp.plugin.registry import GROUP, Enabled
from idp.settings.load import find_file
from idp.web.site import Site

NOBODY = "nobody-has-this-name"


@click.command()
@with_conf
@click.pass_obj
def check(context: CommandContext) -> None:
    """Report everything that is wrong with a configuration; exit 0 when nothing is, 1 otherwise."""
    findings = examine(context.conf, system_clock())
    problems = [*findings.problems, *findings.degraded]
    for warning in findings.warnings:
        click.echo(f"warning: {warning}")
    if findings.settings is not None and not findings.problems:
        try:
            site = app.load(context.conf)
        except ConfigError as error:
            problems += error.problems
        else:
            problems += _ask_parts(site, str(find_file(context.conf)))
            site.close()
    for problem in problems:
        click.echo(str(problem))
    click.echo("nothing is wrong" if not problems else f"{len(problems)} to mend")
    sys.exit(1 if problems else 0)


def _ask_parts(site: Site, file: str) -> list[Problem]:
    problems = [*site.store.check(), *(site.outbox.check() if site.outbox else ())]
    try:
        site.directory.find(NOBODY)
    except DependencyError as error:
        remedy = "See that it runs, that `ca` is its authority's, and that bind_dn and its password are right"
        problems.append(Problem(file, "directory.uris", f"the directory does not serve us ({error.detail})", remedy))
    else:
        problems += _ask_methods(site, file)
        for warning in find_lock_warnings(site.settings, site.throttle.budget(METHOD)):
            click.echo(f"warning: {warning}")
    try:
        report = refresh(site.settings.metadata, site.clock())
        for warning in _unregistered(site):
            click.echo(f"warning: {warning}")
        remote = {source.name for source in site.settings.metadata.sources if source.is_remote}
        for each in report.problems:
            if each.source in remote:  # its server may be at fault, or nobody asked it yet
                click.echo(f"warning: metadata.sources: {each}")
            else:
                problems.append(Problem(each.source, "", each.what, "Mend or remove the file"))
        for source in look_at_sources(site.settings.metadata, report):
            if ending := source.ending(site.clock()):
                click.echo(f"warning: metadata.sources: {ending}")
    except (OSError, DependencyError) as error:
        problems.append(Problem(file, "metadata", f"the index cannot be written ({error})", "Look at its folder"))
    return problems


def _unregistered(site: Site) -> Iterator[str]:
    """Give the service providers and entity categories of the rules that nobody registered is or has."""
    rules = site.settings.login.rules
    categories: set[str] = set()
    if any(rule.entity_categories for rule in rules):
        categories = {each for provider in site.federation.entities() for each in provider.entity_categories}
    for number, rule in enumerate(rules):
        for name in rule.service_providers:
            if site.federation.find(name) is None:
                yield (
                    f"login.rules[{number}].service_providers: no service provider {name!r} is registered. Correct it, "
                    "or register it"
                )
        for name in sorted(set(rule.entity_categories) - categories):
            yield f"login.rules[{number}].entity_categories: nobody registered has {name!r}. Correct it"


def _ask_methods(site: Site, file: str) -> list[Problem]:
    """Give what the methods miss in their surroundings."""
    problems: list[Problem] = []
    for name, each in site.methods.items():
        tools = site.tools(name)
        try:
            if isinstance(each.method, Checkable):
                problems += each.method.check(tools)
            problems += _try_begin(each, tools, site.settings.site.languages[0])
        except DependencyError as error:
            remedy = "See that directory.writer answers, and that enrol_dn and its password are right"
            problems.append(Problem(file, "directory.writer", f"{name} cannot use it ({error.detail})", remedy))
        except Exception as error:  # noqa: BLE001 - a plug-in is a stranger, and has to be named
            problems.append(_failing(each, f"it raised {type(error).__name__}: {error}"))
    return problems


def _try_begin(each: Enabled, tools: Tools, language: str) -> list[Problem]:
    """Have a method begin for somebody who is not known: it changes nothing, and must answer."""
    outcome: object = each.method.begin(Visit(Purpose.LOGIN, None, OUTSIDE, language, ""), tools)
    if not isinstance(outcome, Ask | SendTo | Refused | Skipped):
        return [_failing(each, f"begin answered {type(outcome).__name__}")]
    if isinstance(outcome, Ask) and not page_of(each.plugin, outcome).is_file():
        return [_failing(each, f"there is no page {page_of(each.plugin, outcome)}")]
    return []


def _failing(each: Enabled, what: str) -> Problem:
    return Problem(GROUP, each.plugin.name, f"{what} ({each.owner})", "Update it, or take it from login.methods")
