"""`warifu serve`: the supervisor with gunicorn and the refresher."""

import sys
from pathlib import Path

import click

from idp.cli.context import CommandContext, with_conf
from idp.cli.safety import CANNOT_START, Findings, examine
from idp.cli.supervisor import Program, Supervisor
from idp.core.clock import system_clock


@click.command()
@with_conf
@click.pass_obj
def serve(context: CommandContext) -> None:
    """Serve a site until SIGTERM; SIGHUP takes the configuration anew. What is unsafe is not started (exit 78)."""
    refuse_unsafe(context.conf)
    sys.exit(Supervisor(site_programs(context.conf)).run())


def refuse_unsafe(conf: Path) -> Findings:
    """Say what is wrong with a configuration; exits 78 if it may not be served."""
    findings = examine(conf, system_clock())
    for warning in findings.warnings:
        click.echo(f"warning: {warning}", err=True)
    for problem in findings.problems:
        click.echo(str(problem), err=True)
    if findings.problems:
        sys.exit(CANNOT_START)
    return findings


def part(conf: Path, name: str, *arguments: str) -> list[str]:
    """Give the command line of one of our own parts."""
    return [sys.executable, "-m", "idp.cli", "--conf", str(conf), name, *arguments]


def site_programs(conf: Path) -> list[Program]:
    """Give the programs of a site."""
    return [
        Program("http", part(conf, "run-http"), hang_up=True),
        Program("refresher", part(conf, "run-refresher"), essential=False, hang_up=True),
    ]
