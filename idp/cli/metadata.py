"""`warifu metadata`: which service providers are registered."""

import click

from idp.cli.context import CommandContext, with_conf


@click.group()
def metadata() -> None:
    """Service providers and their metadata."""


@metadata.command("list")
@with_conf
@click.pass_obj
def list_(context: CommandContext) -> None:
    """List the registered service providers: entityID, name, the file it came from."""
    for provider in context.site().federation.entities():
        click.echo(f"{provider.entity_id}\t{provider.display_name('en')}\t{provider.source}")
