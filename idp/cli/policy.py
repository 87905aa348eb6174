"""`warifu policy explain`: which rule decides for one person, and why; what they must prove, and can."""

import json
from contextlib import closing
from typing import NoReturn

import click

from idp.cli.context import CommandContext, with_conf
from idp.cli.policy_report import Asked, as_json, as_lines
from idp.core.errors import ConfigError, DependencyError
from idp.core.network import Address, parse_address
from idp.flow.explain import Explanation, explain
from idp.flow.policy import Demand
from idp.plugin import AdminAct, AdminResult, Purpose, Visit
from idp.web.site import Site


@click.group()
def policy() -> None:
    """The rules: what has to be proved, by whom, where, for which service provider."""


@policy.command("explain")
@click.option("--user", "username", required=True, help="The user name, as the person types it.")
@click.option("--sp", "entity_id", help="The service provider's entityID; needed for a login.")
@click.option("--from", "address", required=True, help="The address the person comes from, IPv4 or IPv6.")
@click.option("--action", type=click.Choice([each.value for each in Purpose]), default="login", show_default=True)
@click.option("--authn-context", "class_refs", multiple=True, help="A class that the service provider asks for.")
@click.option("--json", "wants_json", is_flag=True, help="The same as JSON.")
@with_conf
@click.pass_obj
def explain_(
    context: CommandContext,
    /,
    username: str,
    entity_id: str | None,
    address: str,
    action: str,
    class_refs: tuple[str, ...],
    *,
    wants_json: bool,
) -> None:
    """Print each rule and why it does not fit, the one that decides, what must be proved, what the person has for it.

    Nothing is changed and no secret is shown; that you asked is written into the audit log. Exit 1 where the person or
    the service provider is not known, or a part does not answer.
    """
    place = parse_address(address)
    if place is None:
        raise click.BadParameter(f"{address!r} is not an address; who has none is outside", param_hint="--from")
    if entity_id is None and action == Purpose.LOGIN:
        raise click.UsageError("A login is for a service provider: say --sp ENTITYID.")
    with closing(context.site()) as site:
        try:
            asked = _asked(context, username, entity_id, place, Purpose(action), class_refs)
            explanation = _explanation(site, asked)
        except (DependencyError, ConfigError) as error:
            raise click.ClickException(f"{error.code}: {error.detail}") from None
        if wants_json:
            click.echo(json.dumps(as_json(asked, explanation), ensure_ascii=False, indent=2))
        else:
            click.echo("\n".join(as_lines(asked, explanation, site.words)))
        for problem in site.networks.problems:
            click.echo(f"warning: {problem}", err=True)


def _asked(
    context: CommandContext,
    username: str,
    entity_id: str | None,
    place: Address,
    action: Purpose,
    class_refs: tuple[str, ...],
) -> Asked:
    site = context.site()
    service_provider = site.federation.find(entity_id) if entity_id is not None else None
    if entity_id is not None and service_provider is None:
        _end(f"no service provider {entity_id!r} is registered; `warifu metadata list` gives those that are")
    subject = site.directory.find(username)
    if subject is None:
        _end(f"nobody, or more than one person, is called {username!r} in the directory")
    context.record(AdminAct("policy explain", AdminResult.READ, subject))
    record = site.directory.person(subject)
    return Asked(
        subject=subject,
        account=record.state.value,
        groups=record.attributes.get(site.settings.directory.group_attribute.lower(), ()),
        service_provider=service_provider,
        address=place,
        network=site.networks.name(place, site.clock()),
        action=action,
        class_refs=class_refs,
    )


def _explanation(site: Site, asked: Asked) -> Explanation:
    methods = site.methods
    tools = {name: site.tools(name) for name in methods}
    demand = Demand(
        asked.service_provider,
        "exact",
        asked.class_refs,
        force=False,
        passive=False,
        since=site.clock(),
        action=asked.action,
    )
    visit = Visit(asked.action, asked.subject, asked.network, language="en", browser="")
    person = site.acquaintances.foresee(asked.subject, demand.since)
    return explain(site.policy, methods, tools, demand, person, visit)


def _end(text: str) -> NoReturn:
    raise click.ClickException(text)
