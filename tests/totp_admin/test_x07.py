"""No secret in arguments, environment, other people's files or a core dump (security.md X-07)."""

import os
import subprocess
import sys
from base64 import b32encode
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from idp.cli.context import CommandContext
from plugins.totp.commands import commands
from tests.parts.site import SEED
from tests.totp_admin.conftest import Desk

KEY = b32encode(SEED.reveal()).decode()
SECRET_WORDS = ("key", "secret", "password", "passphrase", "seed", "token")


def _options() -> list[tuple[str, click.Option]]:
    return [
        (f"{name} {option.opts[0]}", option)
        for name, command in commands().commands.items()
        for option in command.params
        if isinstance(option, click.Option)
    ]


@pytest.mark.parametrize(("name", "option"), [pytest.param(*row, id=f"X-07-{row[0]}") for row in _options()])
def test_no_option_takes_a_secret_or_is_read_from_the_environment(name: str, option: click.Option) -> None:
    takes_text = not option.is_flag and not isinstance(option.type, click.Path | click.Choice)

    assert option.envvar is None
    assert not (takes_text and any(word in name.split("--")[1] for word in SECRET_WORDS)) or name == "list --key-id"


def test_x07_a_key_given_on_the_command_line_is_refused(desk: Desk) -> None:
    assert desk.run("register", "bob", KEY).exit_code == 2


def test_x07_while_a_command_runs_there_are_no_core_dumps_and_no_files_for_others(desk: Desk) -> None:
    program = (
        "import sys, os, resource, click\n"
        "from plugins.totp.commands import commands\n"
        "from idp.cli.context import CommandContext\n"
        "group = commands()\n"
        "@group.command('show')\n"
        "def show():\n"
        "    before = os.umask(0)\n"
        "    click.echo(f'{resource.getrlimit(resource.RLIMIT_CORE)} {before:o}')\n"
        "group(['show'], obj=CommandContext())\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "(0, 0) 77\n"


def test_x07_the_mask_is_put_back(desk: Desk) -> None:
    before = os.umask(0o022)
    try:
        CliRunner().invoke(commands(), ["list"], obj=CommandContext(desk.idp.conf, desk.idp.site))
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_x07_a_key_on_its_way_in_is_in_no_argument_and_no_environment(desk: Desk) -> None:
    command = [sys.executable, "-m", "idp.cli", "--conf", str(desk.idp.conf), "totp", "register", "bob", "--stdin"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    place = Path("/proc", str(process.pid))
    seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
    out, err = process.communicate(f"{KEY}\n".encode())

    assert process.returncode == 0, err
    assert all(KEY.encode() not in each for each in (seen, out, err))
    for log in (desk.idp.conf / "log").iterdir():
        assert KEY not in log.read_text()
