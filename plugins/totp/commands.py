"""`warifu totp …`: what an administrator does with registered apps."""

import base64
import binascii
import csv
from collections.abc import Iterator
from pathlib import Path

import click

from idp.plugin import Binding, DependencyError, Secret, Tools
from plugins.totp.credential import TOTP

SHORTEST_KEY_BYTES = 10
"""80 bits: keys of older generators still verify; shorter ones are refused."""


def commands() -> click.Group:
    """Give the command group of this plug-in; `context.obj.tools(name)` gives its tools."""
    return totp


@click.group()
def totp() -> None:
    """Registered one-time password apps."""


@totp.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def import_(context: click.Context, file: Path) -> None:
    """Register the keys of FILE, a CSV with the columns username,key (Base32)."""
    tools: Tools = context.obj.tools("totp")
    done = 0
    problems = []
    for line, username, key in _rows(file):
        problem = _import_one(tools, username, key)
        if problem:
            problems.append(f"{file}:{line}: {username}: {problem}")
        else:
            done += 1
    click.echo(f"{done} registered, {len(problems)} refused")
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)


def _rows(file: Path) -> Iterator[tuple[int, str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        for row in reader:
            fields = [field.strip() for field in row]
            if not any(fields) or [field.lower() for field in fields[:2]] == ["username", "key"]:
                continue
            yield reader.line_num, fields[0], fields[1] if len(fields) > 1 else ""


def _import_one(tools: Tools, username: str, key: str) -> str:
    secret = decode_key(key)
    if secret is None:
        return f"the key is not Base32 of at least {SHORTEST_KEY_BYTES} bytes; copy it again from its source"
    try:
        subject = tools.people.find(username)
        if subject is None:
            return "no entry, or more than one, has this user name"
        tools.credentials.add(
            subject,
            TOTP,
            {
                "last_step": b"0",
                "failures": b"0",
                "bound_at": tools.now.strftime("%Y%m%d%H%M%SZ").encode(),
            },
            {"secret": secret},
            {"binding": Binding.IMPORTED},
        )
    except DependencyError as error:
        return f"the directory did not take it ({error.code})"
    return ""


def decode_key(text: str) -> Secret | None:
    """Read a Base32 key as people copy it: spaces, dashes, lower case and missing padding are forgiven."""
    plain = "".join(text.split()).replace("-", "").upper().rstrip("=")
    try:
        value = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError):
        return None
    return Secret(value) if len(value) >= SHORTEST_KEY_BYTES else None
