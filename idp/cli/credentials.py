"""`warifu credentials rekey|export|import`: what is done for the credentials of every method at once."""

from collections import Counter
from pathlib import Path

import click

from idp.cli.context import CommandContext, with_conf
from idp.cli.credential_moves import Done, Line, Moved, bind, kinds_by_name, openable, read_lines, write_lines
from idp.plugin import AdminAct, AdminResult, CredentialKind
from idp.plugin.commands import progress, reported, shown
from idp.plugin.private_files import new_private
from idp.plugin.rekey import rekey_all

REKEY, EXPORT, IMPORT = "credentials rekey", "credentials export", "credentials import"


@click.group()
@with_conf
@click.pass_context
def credentials(context: click.Context) -> None:
    """Everything that people have registered, whatever the method."""
    command: CommandContext = context.obj
    context.call_on_close(command.guard_secrets())


@credentials.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; say how many refer to which key.")
@click.option("--unsealed", is_flag=True, help="Also seal what never was sealed.")
@with_conf
@click.pass_obj
def rekey(context: CommandContext, /, *, dry_run: bool, unsealed: bool) -> None:
    """Seal every secret of every method anew with the first key of keys.seal.

    The other keys still open what is not yet done. May be interrupted, repeated and run twice at once. Methods that are
    not enabled are left out: enable them before a key is taken away.
    """
    with reported(REKEY, context):
        done = rekey_all(context, REKEY, _kinds(context), dry_run=dry_run, unsealed=unsealed)
    if not done:
        raise SystemExit(1)


@credentials.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_conf
@click.pass_obj
def export(context: CommandContext, /, file: Path) -> None:
    """Write everything that is registered into the new FILE, sealed, for `credentials import` after a move.

    What does not open is left out and told.
    """
    with reported(EXPORT, context):
        keeper = context.keeper()
        found = []
        for kind in _kinds(context):
            good, bad = openable(keeper, kind, keeper.all(kind))
            found += [(kind, holding) for holding in good]
            for holding in bad:
                click.echo(f"{shown(holding.subject.username)}: {kind.name}: left out, does not open", err=True)
        for kind, holding in found:  # first written down, then given away
            context.record(AdminAct(EXPORT, AdminResult.DISCLOSED, holding.subject, reason=f"{kind.name}, sealed"))
        with new_private(file) as stream, progress(found, "export") as bar:
            write_lines(stream, keeper, bar)
    click.echo(f"{len(found)} written, sealed")


@credentials.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_conf
@click.pass_obj
def import_(context: CommandContext, /, file: Path) -> None:
    """Bind what `credentials export` wrote to the entries that have the same user names now.

    What is there already is left as it is, so an import that was interrupted is finished by the same command.
    """
    try:
        lines = list(read_lines(file, kinds_by_name(_kinds(context))))
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{file}: {error}") from None
    counts: Counter[Moved] = Counter()
    with reported(IMPORT, context):
        context.record(AdminAct(IMPORT, AdminResult.STARTED, reason=f"{len(lines)} lines of {file.name}"))
        with progress(lines, "import") as bar:
            for line in bar:
                done = bind(line, context.keeper(), context.tools(line.method if line.kind else _any(context)))
                counts[done.moved] += 1
                _write_down(context, line, done)
    click.echo(", ".join(f"{counts[moved]} {moved}" for moved in Moved if counts[moved] or moved is Moved.REGISTERED))
    if counts[Moved.REFUSED]:
        raise SystemExit(1)


def _write_down(context: CommandContext, line: Line, done: Done) -> None:
    if done.moved is Moved.REGISTERED:
        context.record(AdminAct(IMPORT, AdminResult.REGISTERED, done.subject, reason=line.method))
    if done.moved in {Moved.KEPT, Moved.REFUSED}:
        reason = done.reason or done.moved.value
        username = "" if done.subject else line.username
        context.record(AdminAct(IMPORT, AdminResult.REFUSED, done.subject, username, reason=reason))
        click.echo(f"line {line.number}: {shown(line.username)}: {shown(line.method)}: {reason}", err=True)


def _kinds(context: CommandContext) -> list[CredentialKind]:
    return [kind for enabled in context.site().methods.values() for kind in enabled.plugin.kinds]


def _any(context: CommandContext) -> str:
    return next(iter(context.site().methods))
