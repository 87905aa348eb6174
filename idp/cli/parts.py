"""The processes that the supervisor runs; each is a command of its own, hidden from the list."""

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click
from gunicorn.app.base import BaseApplication

from idp import app
from idp.cli.context import CommandContext
from idp.cli.mail_sink import serve_mail_sink
from idp.cli.server import Server, confirmation_listen
from idp.core.clock import system_clock
from idp.core.errors import ConfigError, DependencyError
from idp.federation.refresh import RefreshReport, refresh
from idp.settings.load import load_settings
from idp.web.site import Site

SWEPT_AT_ONCE = 500
SWEEP_EVERY_SECONDS = 30.0


@click.command("run-http", hidden=True)
@click.pass_obj
def run_http(context: CommandContext) -> None:
    """Serve the site's own listeners with gunicorn."""
    site = context.site()
    site.metrics.forget()
    refresh(site.settings.metadata, system_clock())
    _serve(Server(site.settings.listen, lambda: app.make_wsgi(app.load(context.conf))))


@click.command("run-confirmation", hidden=True)
@click.pass_obj
def run_confirmation(context: CommandContext) -> None:
    """Serve the confirmation service provider."""
    settings = load_settings(context.conf)
    if settings.confirmation is None:
        raise click.ClickException("there is no [confirmation] in the configuration")
    _serve(Server(confirmation_listen(settings.confirmation), lambda: app.make_confirmation(settings)))


@click.command("run-mail-sink", hidden=True)
@click.argument("address")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def run_mail_sink(address: str, folder: Path) -> None:
    """Take every mail and lay it into FOLDER; for the demo."""
    serve_mail_sink(address, folder)


@click.command("run-refresher", hidden=True)
@click.pass_obj
def run_refresher(context: CommandContext) -> None:
    """Keep the index of service providers and the store in order."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    site = context.site()
    tell = _teller(site)
    swept = 0.0
    every = site.settings.metadata.refresh_seconds
    while not stop.is_set():
        _attempt(site, lambda: tell(refresh(site.settings.metadata, system_clock())))
        swept += every
        if swept >= SWEEP_EVERY_SECONDS:
            swept = 0.0
            _attempt(site, lambda: _sweep(site))
        stop.wait(every)


def _serve(server: BaseApplication) -> None:
    try:
        server.run()
    except ConfigError as error:
        click.echo(error.detail, err=True)
        sys.exit(78)


def _attempt(site: Site, work: Callable[[], None]) -> None:
    """Do one round; what is down now may be up in the next."""
    try:
        work()
    except (OSError, DependencyError) as error:
        site.log.error("refresher_round_failed", error=type(error).__name__, detail=str(error))


def _sweep(site: Site) -> None:
    while site.store.sweep(SWEPT_AT_ONCE) >= SWEPT_AT_ONCE:
        pass


def _teller(site: Site) -> Callable[[RefreshReport], None]:
    """Give what tells the operator of a refresh that differs from the one before."""
    last: list[str] = []

    def tell(report: RefreshReport) -> None:
        lines = [*map(str, report.problems), *map(str, report.conflicts), *map(str, report.refusals)]
        if lines != last:
            for line in lines:
                if line not in last:
                    site.log.warning("metadata", detail=line)
            last[:] = lines

    return tell
