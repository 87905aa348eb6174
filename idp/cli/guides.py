"""`warifu guides`: the shipped set-up guides, copied to be written in a site's own words."""

import shutil
from pathlib import Path

import click

from idp.cli.context import CommandContext, with_conf
from idp.settings.load import find_file
from idp.web.plugin_pages import shipped_guides
from idp.web.render import GUIDES


@click.command()
@with_conf
@click.argument("names", nargs=-1)
@click.pass_obj
def guides(context: CommandContext, names: tuple[str, ...]) -> None:
    """Copy set-up guides into the configuration's folder `guides`, to be edited there.

    NAMES are files, e.g. windows.ja.html; without any, all are listed with where each is read from. Nothing that stands
    is overwritten, and what is not copied goes on being the one of the installed version.
    """
    own = find_file(context.conf).parent / GUIDES
    for name, each in context.site().methods.items():
        folder = shipped_guides(each)
        for file in sorted(folder.glob("*.html")) if folder.is_dir() else ():
            mine = own / name / file.name
            if names:
                _copy(file, mine, names)
            else:
                click.echo(f"{'yours  ' if mine.exists() else 'shipped'} {mine if mine.exists() else file.name}")


def _copy(file: Path, mine: Path, names: tuple[str, ...]) -> None:
    if file.name not in names:
        return
    if mine.exists():
        click.echo(f"left as is {mine}")
        return
    mine.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, mine)
    click.echo(f"written    {mine}")
