"""The processes that the supervisor runs; each is a command of its own, hidden from the list."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from idp import app
from idp.cli.context import CommandContext
from idp.cli.refresher import Refresher
from idp.cli.safety import CANNOT_START, load_safe
from idp.cli.server import Served, Server, confirmation_listen
from idp.core.clock import system_clock
from idp.core.errors import ConfigError, Problem
from idp.federation.refresh import refresh
from idp.settings.load import load_settings
from idp.web.site import Site


@click.command("run-http", hidden=True)
@click.pass_obj
def run_http(context: CommandContext) -> None:
    """Serve the site's own listeners with gunicorn."""
    with _ending_unsafe():
        site = load_safe(context.conf, system_clock())
        site.metrics.forget()
        refresh(site.settings.metadata, system_clock())
        server = Server(_served(site), lambda: _served(load_safe(context.conf, system_clock())))
    server.serve()


@click.command("run-confirmation", hidden=True)
@click.pass_obj
def run_confirmation(context: CommandContext) -> None:
    """Serve the confirmation service provider."""
    with _ending_unsafe():
        server = Server(_load_confirmation(context.conf), lambda: _load_confirmation(context.conf))
    server.serve()


@click.command("run-refresher", hidden=True)
@click.pass_obj
def run_refresher(context: CommandContext) -> None:
    """Keep the index of service providers and the store in order."""
    with _ending_unsafe():
        refresher = Refresher(context.conf)
    refresher.run()


def _served(site: Site) -> Served:
    return Served(site.settings.listen, app.make_wsgi(site), site.close)


def _load_confirmation(conf: Path) -> Served:
    settings = load_settings(conf)
    if settings.confirmation is None:
        raise ConfigError([Problem(str(conf), "confirmation", "it is not there", "Add the table [confirmation]")])
    return Served(confirmation_listen(settings.confirmation), app.make_confirmation(settings))


@contextmanager
def _ending_unsafe() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        click.echo(error.detail, err=True)
        sys.exit(CANNOT_START)
