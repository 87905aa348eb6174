"""The `warifu` command: its own commands, and those of the plug-ins that are installed."""

from pathlib import Path

import click

from idp import __version__
from idp.cli.check import check
from idp.cli.context import DEFAULT_CONF, CommandContext, accept_conf, with_conf
from idp.cli.credentials import credentials
from idp.cli.demo import demo, demo_code
from idp.cli.directory import directory
from idp.cli.guides import guides
from idp.cli.init import init
from idp.cli.metadata import metadata
from idp.cli.new_key import keys
from idp.cli.parts import run_confirmation, run_http, run_refresher
from idp.cli.policy import policy
from idp.cli.registration import registration
from idp.cli.report import report
from idp.cli.serve import serve
from idp.core.errors import ConfigError
from idp.plugin.registry import load_plugin, offers, only_offer


class Commands(click.Group):
    """Our commands, then each plug-in's under the plug-in's name; a plug-in is imported when its name is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give all names."""
        own = super().list_commands(ctx)
        return [*own, *(name for name in sorted(offers()) if name not in own and _has_commands(name))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give the command of a name."""
        return super().get_command(ctx, cmd_name) or _plugin_commands(cmd_name)


def _plugin_commands(name: str) -> click.Command | None:
    """Give a plug-in's commands. Raises ClickException where there is one of this name that cannot be used."""
    points = offers().get(name)
    if points is None:
        return None
    try:
        plugin = load_plugin(name, only_offer(name, points))
    except ConfigError as error:
        raise click.ClickException(error.detail) from None
    group = plugin.commands() if plugin.commands is not None else None
    return accept_conf(group) if isinstance(group, click.Command) else None


def _has_commands(name: str) -> bool:
    """Say whether a plug-in has commands; one that cannot be used has none to be listed."""
    try:
        return _plugin_commands(name) is not None
    except click.ClickException:
        return False


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="warifu")
@with_conf
@click.pass_context
def main(context: click.Context) -> None:
    """Run a SAML 2.0 identity provider for people who live in LDAP."""
    if context.obj is None:
        context.obj = CommandContext(Path(DEFAULT_CONF).absolute())


for _command in (
    init,
    check,
    serve,
    metadata,
    registration,
    policy,
    report,
    demo,
    demo_code,
    directory,
    credentials,
    keys,
    guides,
    run_http,
    run_refresher,
    run_confirmation,
):
    main.add_command(_command)
