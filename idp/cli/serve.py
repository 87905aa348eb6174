"""`warifu serve`: the supervisor with gunicorn, the refresher and, where it is configured, the confirmation SP."""

import sys
from pathlib import Path

import click

from idp import app
from idp.cli.context import CommandContext, with_conf
from idp.cli.safety import CANNOT_START, examine, load_safe
from idp.cli.supervisor import Program, Supervisor
from idp.core.clock import system_clock
from idp.core.errors import ConfigError
from idp.settings.model import IdPSettings


@click.command()
@with_conf
@click.pass_obj
def serve(context: CommandContext) -> None:
    """Serve a site until SIGTERM; SIGHUP takes the configuration anew. What is unsafe is not started (exit 78)."""
    settings = refuse_unsafe(context.conf)
    sys.exit(Supervisor(site_programs(context.conf, settings)).run())


def refuse_unsafe(conf: Path) -> IdPSettings:
    """Give the settings of a configuration that may be served; says what is wrong and exits 78 otherwise.

    The metadata of the confirmation service provider is in its folder afterwards, so that it is known from the start.
    """
    findings = examine(conf, system_clock())
    for warning in (*findings.warnings, *findings.degraded):
        click.echo(f"warning: {warning}", err=True)
    try:
        site = load_safe(conf, system_clock())
        site.close()
        if site.settings.confirmation is not None:
            app.make_confirmation(site.settings)
    except ConfigError as error:
        click.echo(error.detail, err=True)
        sys.exit(CANNOT_START)
    except OSError as error:
        click.echo(f"metadata.folder: the confirmation service provider cannot be registered ({error})", err=True)
        sys.exit(CANNOT_START)
    return site.settings


def part(conf: Path, name: str, *arguments: str) -> list[str]:
    """Give the command line of one of our own parts."""
    return [sys.executable, "-m", "idp.cli", "--conf", str(conf), name, *arguments]


def site_programs(conf: Path, settings: IdPSettings) -> list[Program]:
    """Give the programs of a site; without the server itself it is stopped."""
    programs = [
        Program("http", part(conf, "run-http"), hang_up=True),
        Program("refresher", part(conf, "run-refresher"), essential=False, hang_up=True),
    ]
    if settings.confirmation is not None:
        command = part(conf, "run-confirmation")
        programs.append(Program("confirmation service provider", command, essential=False, hang_up=True))
    return programs
