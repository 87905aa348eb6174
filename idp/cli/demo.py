"""`warifu demo`, what `make run` runs: a whole site on this machine alone, with its own directory and people."""

import errno
import os
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click
import pyotp

from idp.cli.demo_banner import banner
from idp.cli.demo_directory import prepare_directory
from idp.cli.demo_people import read_totp_key
from idp.cli.demo_settings import DemoPlan, write_demo_file, write_demo_site
from idp.cli.serve import refuse_unsafe, site_programs
from idp.cli.slapd import Slapd, SlapdError
from idp.cli.supervisor import Program, Supervisor
from idp.core.clock import system_clock
from idp.settings.model import IdPSettings

FIRST_PORT = 8443
PORTS = (
    "the identity provider",
    "the certificate listener",
    "the confirmation service provider",
    "the plain listener",
    "the directory",
    "the mail sink",
)


@click.command()
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("var/demo"), show_default=True)
@click.option(
    "--base-port",
    "port",
    type=click.IntRange(1024, 65530),
    envvar="WARIFU_PORT_BASE",
    default=FIRST_PORT,
    show_default=True,
    help="The first of six ports. Also: the environment variable WARIFU_PORT_BASE.",
)
@click.option("--network", type=click.Choice(["campus", "outside"]), default="campus", help="Where this machine is.")
def demo(folder: Path, port: int, network: str) -> None:
    """Run a whole site on this machine: directory, people, mail, a service provider to try it with."""
    plan = DemoPlan(folder.absolute(), port, network == "campus", Path(sys.executable).with_name("warifu"))
    taken = list(find_taken(port))
    if taken:
        raise click.ClickException("\n".join([*taken, "Choose other ports: WARIFU_PORT_BASE=9443 make run"]))
    now = system_clock()
    plan.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = plan.ca.prepare(now)
    write_demo_site(plan, now)
    try:
        slapd = prepare_directory(plan, now, anew=is_new)
    except (SlapdError, subprocess.CalledProcessError) as error:
        raise click.ClickException(f"the directory could not be made: {error}") from None
    write_demo_file(plan)
    programs = _programs(plan, slapd, refuse_unsafe(plan.conf))
    caller = os.getppid()
    sys.exit(
        Supervisor(programs, up=lambda: click.echo(banner(plan)), is_over=lambda: is_interrupted_make(caller)).run()
    )


@click.command("demo-code")
@click.argument("username")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("var/demo"), show_default=True)
def demo_code(username: str, folder: Path) -> None:
    """Say what the app of a person of the demo shows now."""
    key = read_totp_key(folder / "accounts.json", username)
    if key is None:
        raise click.ClickException(f"{username} has no app in this demo")
    click.echo(pyotp.TOTP(key).now())


def find_taken(port: int) -> Iterator[str]:
    """Give a sentence for each port of a demo that somebody listens on."""
    for number, name in enumerate(PORTS, start=port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError as error:
                why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
                yield f"port {number}, for {name}, {why}"


def is_interrupted_make(caller: int) -> bool:
    """Say whether we run under `make`, and it was sent a SIGINT of its own.

    It passes that on to nobody and waits for us inside its handler, where the kernel blocks the signal.
    """
    try:
        lines = Path(f"/proc/{caller}/status").read_text().splitlines()
    except OSError:
        return False
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return status.get("Name") in {"make", "gmake"} and bool(int(status["SigBlk"], 16) >> (signal.SIGINT - 1) & 1)


def _programs(plan: DemoPlan, slapd: Slapd, settings: IdPSettings) -> list[Program]:
    mail_sink = [sys.executable, "-m", "idp.cli.mail_sink", f"127.0.0.1:{plan.port + 5}", str(plan.mail_folder)]
    *others, last = site_programs(plan.conf, settings)
    return [
        Program("directory", slapd.command, ready=lambda: _is_open(plan.port + 4)),
        Program("mail sink", mail_sink, essential=False, ready=lambda: _is_open(plan.port + 5)),
        *others,
        replace(last, ready=lambda: _is_healthy(plan)),
    ]


def _is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _is_healthy(plan: DemoPlan) -> bool:
    context = ssl.create_default_context(cafile=plan.ca.certificate_file)
    url = f"{plan.base_url}/idp/health"
    with suppress(OSError), urllib.request.urlopen(url, timeout=5, context=context) as answer:  # noqa: S310 - ours
        return bool(answer.status == 200)
    return False
