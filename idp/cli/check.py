"""`warifu check`: everything wrong at once, with file, key and remedy; asks the parts that a site depends on."""

import sys

import click

from idp import app
from idp.cli.context import CommandContext, with_conf
from idp.cli.safety import examine
from idp.core.clock import system_clock
from idp.core.errors import ConfigError, DependencyError, Problem
from idp.federation.refresh import refresh
from idp.plugin import Checkable
from idp.plugin.registry import enable
from idp.settings.load import find_file
from idp.web.site import Site

NOBODY = "nobody-has-this-name"


@click.command()
@with_conf
@click.pass_obj
def check(context: CommandContext) -> None:
    """Report everything that is wrong with a configuration; exit 0 when nothing is, 1 otherwise."""
    findings = examine(context.conf, system_clock())
    problems = list(findings.problems)
    for warning in findings.warnings:
        click.echo(f"warning: {warning}")
    if findings.settings is not None and not problems:
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
    try:
        report = refresh(site.settings.metadata, site.clock())
        problems += [Problem(str(each.source), "", each.what, "Mend or remove the file") for each in report.problems]
    except (OSError, DependencyError) as error:
        problems.append(Problem(file, "metadata", f"the index cannot be written ({error})", "Look at its folder"))
    return problems


def _ask_methods(site: Site, file: str) -> list[Problem]:
    """Give what the methods miss in their surroundings."""
    problems: list[Problem] = []
    for name, each in enable(site.settings.login.methods, site.settings.plugins).items():
        if isinstance(each.method, Checkable):
            try:
                problems += each.method.check(site.tools(name))
            except DependencyError as error:
                remedy = "See that directory.writer answers, and that enrol_dn and its password are right"
                problems.append(Problem(file, "directory.writer", f"{name} cannot use it ({error.detail})", remedy))
    return problems
