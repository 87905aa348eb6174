"""`warifu keys seal|cookie FILE`: a fresh key in a new file that only its owner reads."""

from pathlib import Path

import click

from idp.cli.keys import write_private, write_random_key
from idp.seal import make_seal_key

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def keys() -> None:
    """Make new keys, to be named in [keys] beside the old ones."""


@keys.command()
@click.argument("file", type=_FILE)
def seal(file: Path) -> None:
    """Make a key that seals one-time password secrets, for keys.seal."""
    _tell(file, made=write_private(file, make_seal_key()))


@keys.command()
@click.argument("file", type=_FILE)
def cookie(file: Path) -> None:
    """Make a key for the tokens of forms, for keys.cookie."""
    _tell(file, made=write_random_key(file))


def _tell(file: Path, *, made: bool) -> None:
    if not made:
        raise click.ClickException(f"{file} is there already; name a new one")
    click.echo(f"{file} written, mode 0600")
