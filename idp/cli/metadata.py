"""`warifu metadata`: which service providers are registered, and how their sources do."""

import sys
from pathlib import Path

import click

from idp.cli.context import CommandContext, with_conf
from idp.cli.metadata_report import describe_provider, describe_source, explain
from idp.core.clock import system_clock
from idp.core.errors import DependencyError
from idp.federation.fetching import fetch_due
from idp.federation.folder import SourceUnreadableError, look_at
from idp.federation.health import look_at_sources
from idp.federation.refresh import RefreshReport, refresh
from idp.federation.signed import TrustedSource
from idp.settings.metadata_source import MetadataSource
from idp.settings.model import Metadata

NOT_WELL = 1


@click.group()
def metadata() -> None:
    """Service providers and their metadata."""


@metadata.command("list")
@with_conf
@click.pass_obj
def list_(context: CommandContext) -> None:
    """List the registered service providers: entityID, name, the source it came from."""
    for provider in context.site().federation.entities():
        click.echo(f"{provider.entity_id}\t{provider.display_name('en')}\t{provider.source}")


@metadata.command()
@click.argument("entity", required=False)
@with_conf
@click.pass_obj
def show(context: CommandContext, entity: str | None) -> None:
    """Show how the sources do, or what is known of one service provider; exit 1 where something is not well."""
    if entity is None:
        _show_sources(context.site().settings.metadata, _refresh(context.site().settings.metadata))
        return
    provider = context.site().federation.find(entity)
    if provider is None:
        raise click.ClickException(f"{entity} is not registered; ask: warifu metadata why {entity}")
    for line in describe_provider(provider):
        click.echo(line)


@metadata.command("refresh")
@with_conf
@click.pass_obj
def refresh_(context: CommandContext) -> None:
    """Fetch what is fetched and read it now, whenever it is due; exit 1 where something is not well."""
    settings = context.site().settings.metadata
    for outcome in fetch_due(settings, system_clock(), all_of_them=True):
        click.echo(f"{outcome.source}: {outcome.problem or ('fetched' if outcome.is_new else 'unchanged')}")
    _show_sources(settings, _refresh(settings))


@metadata.command()
@click.argument("source")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_conf
@click.pass_obj
def verify(context: CommandContext, source: str, file: Path) -> None:
    """Judge FILE as if SOURCE had given it; nothing is registered. Exit 1 where it would be refused."""
    settings = context.site().settings.metadata
    trusted = TrustedSource(_source(settings, source))
    try:
        document = look_at(file.absolute(), system_clock(), source, is_alone=True)
        news = trusted.read(
            document,
            None,
            system_clock(),
            allow_loopback_http=settings.allow_loopback_http,
            temporary=settings.index.parent,
        )
        count = sum(1 for _ in news.rows())
    except (OSError, SourceUnreadableError) as error:
        raise click.ClickException(f"{file}: {error}") from None
    for refusal in news.state.refusals:
        click.echo(refusal)
    ending = f", valid until {news.state.valid_until:%F %R} UTC" if news.state.valid_until else ""
    click.echo(f"good: {count} service providers are taken{ending}")


@metadata.command()
@click.argument("entity")
@with_conf
@click.pass_obj
def why(context: CommandContext, entity: str) -> None:
    """Say for each source why a service provider is registered by it or is not; exit 1 where it is not registered."""
    site = context.site()
    _refresh(site.settings.metadata)
    for line in explain(site.settings.metadata, entity, site.clock()):
        click.echo(line)
    sys.exit(0 if site.federation.find(entity) is not None else NOT_WELL)


def _refresh(settings: Metadata) -> RefreshReport:
    try:
        return refresh(settings, system_clock())
    except (OSError, DependencyError) as error:
        raise click.ClickException(f"the index cannot be written ({error})") from None


def _show_sources(settings: Metadata, report: RefreshReport) -> None:
    now = system_clock()
    is_well = not report.problems
    for health in look_at_sources(settings, report):
        click.echo(describe_source(health, now))
        is_well &= not health.ending(now)
    for line in (*report.problems, *report.conflicts):
        click.echo(str(line))
    click.echo(f"{report.entities} service providers")
    sys.exit(0 if is_well else NOT_WELL)


def _source(settings: Metadata, name: str) -> MetadataSource:
    for source in settings.sources:
        if source.name == name:
            return source
    raise click.ClickException(f"there is no source {name!r} in metadata.sources")
