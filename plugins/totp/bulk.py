"""`warifu totp import|export|rekey`: what is done for many people at once."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from idp.plugin import AdminAct, Administration, AdminResult, DependencyError, Holding, SealError
from idp.plugin.commands import progress, reported, shown
from idp.plugin.private_files import new_private, read_private
from idp.plugin.rekey import rekey_all
from plugins.totp.credential import KINDS, TOTP
from plugins.totp.exports import write_packed, write_plain_csv, write_plain_ldif
from plugins.totp.foreign import Form, make_opener
from plugins.totp.imports import Importer, Result, Taken
from plugins.totp.rows import Row, csv_rows, is_ldif, ldif_rows

_ACTS = {
    Taken.REGISTERED: AdminResult.REGISTERED,
    Taken.REPLACED: AdminResult.REPLACED,
    Taken.REFUSED: AdminResult.REFUSED,
}
_RARER = {
    Taken.REPLACED: "of them in place of another",
    Taken.UNCHANGED: "as they were",
    Taken.KEPT: "have an app already",
}
_PATH = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("file", type=_PATH)
@click.option("--form", type=click.Choice([str(form) for form in Form]), default=str(Form.BASE32), show_default=True)
@click.option("--key-file", type=_PATH, help="What opens the values: AES keys, a passphrase, an RSA private key.")
@click.option("--attribute", default=TOTP.fields["secret"], show_default=True, help="Of an LDIF: where the value is.")
@click.option("--username-attribute", default="uid", show_default=True, help="Of an LDIF: where the user name is.")
@click.option("--rebind", is_flag=True, help="The file has registrations of ours; bind them to the entries of now.")
@click.option("--keep", is_flag=True, help="Leave those alone who have an app.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done.")
@click.pass_obj
def import_(  # noqa: PLR0913 - each is an option
    administration: Administration,
    /,
    file: Path,
    form: str,
    key_file: Path | None,
    *,
    attribute: str,
    username_attribute: str,
    rebind: bool,
    keep: bool,
    dry_run: bool,
) -> None:
    """Register the keys of FILE: CSV with the columns username,key, or LDIF.

    Whoever has the same key already is left as they are: an import that was interrupted is finished by the same
    command. A registration that is replaced is gone.
    """
    rows = _read_rows(file, attribute, username_attribute)
    tools = administration.tools("totp")
    try:
        key = read_private(key_file) if key_file else None
        opener = None if rebind else make_opener(Form(form), key, tools.now, text=not is_ldif(file))
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    keeper = administration.keeper() if rebind else None
    importer = Importer(tools, opener, keeper, dry_run, keep)
    with reported("totp import", administration):
        start = f"{len(rows)} rows of {file.name}{', dry run' if importer.dry_run else ''}"
        administration.record(AdminAct("totp import", AdminResult.STARTED, reason=start))
        _tell(file, _take_all(administration, importer, rows, file), dry_run=importer.dry_run)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--rebind", is_flag=True, help="Sealed with the site's key, for `totp import --rebind` elsewhere.")
@click.option("--plain", is_flag=True, help="The keys themselves in clear; an LDIF if the file's name says so.")
@click.pass_obj
def export(administration: Administration, file: Path, *, rebind: bool, plain: bool) -> None:
    """Write everybody's registrations into the new FILE, which its owner alone can read."""
    if rebind == plain:
        raise click.UsageError("Say one of --rebind and --plain.")
    with reported("totp export", administration):
        keeper = administration.keeper()
        holdings = _openable(administration, keeper.all(TOTP))
        how = "sealed" if rebind else "in clear"
        for holding in holdings:  # first written down, then given away
            administration.record(AdminAct("totp export", AdminResult.DISCLOSED, holding.subject, reason=how))
        with new_private(file) as stream, progress(holdings, "export") as bar:
            if rebind:
                write_packed(stream, keeper, bar)
            elif is_ldif(file):
                write_plain_ldif(stream, keeper, bar)
            else:
                write_plain_csv(stream, keeper, bar)
        click.echo(f"{len(holdings)} written, {how}")


@click.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; say how many refer to which key.")
@click.option("--unsealed", is_flag=True, help="Also seal what never was sealed.")
@click.pass_obj
def rekey(administration: Administration, *, dry_run: bool, unsealed: bool) -> None:
    """Seal every secret of an app anew with the first key of keys.seal; the others still open what is not yet done.

    May be interrupted, repeated and run twice at once. `warifu credentials rekey` does all methods.
    """
    with reported("totp rekey", administration):
        done = rekey_all(administration, "totp rekey", KINDS, dry_run=dry_run, unsealed=unsealed)
    if not done:
        raise SystemExit(1)


def _read_rows(file: Path, attribute: str, username_attribute: str) -> list[Row]:
    try:
        rows = list(ldif_rows(file, attribute, username_attribute) if is_ldif(file) else csv_rows(file))
    except OSError as error:
        raise click.ClickException(f"{file}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise click.ClickException(f"{file}: {error}") from None
    if not rows:
        wanted = f"entry with {attribute}; name another with --attribute" if is_ldif(file) else "line username,key"
        raise click.ClickException(f"{file}: there is no {wanted}")
    return rows


def _take_all(
    administration: Administration, importer: Importer, rows: Sequence[Row], file: Path
) -> list[tuple[Row, Result]]:
    results: list[tuple[Row, Result]] = []
    try:
        with progress(rows, "import") as bar:
            for row in bar:
                result = importer.take(row)
                results.append((row, result))
                _record_taken(administration, importer, row, result)
    except (DependencyError, KeyboardInterrupt) as error:
        why = f"{error.code}: {shown(error.detail)}" if isinstance(error, DependencyError) else "interrupted"
        line = rows[min(len(results), len(rows) - 1)].line
        raise click.ClickException(
            f"{file}:{line}: stopped after {len(results)} of {len(rows)} rows ({why}). "
            "Run the same command again: what is done is left as it is"
        ) from error
    return results


def _record_taken(administration: Administration, importer: Importer, row: Row, result: Result) -> None:
    act = _ACTS.get(result.taken)
    if act is not None and not importer.dry_run:
        name = "" if result.subject else row.name
        administration.record(
            AdminAct("totp import", act, result.subject, name, code=result.code, reason=result.reason)
        )


def _tell(file: Path, results: Sequence[tuple[Row, Result]], *, dry_run: bool) -> None:
    counts = Counter(result.taken for _, result in results)
    parts = [
        f"{counts[Taken.REGISTERED] + counts[Taken.REPLACED]} {'would be ' if dry_run else ''}registered",
        f"{counts[Taken.REFUSED]} refused",
        *(f"{counts[taken]} {words}" for taken, words in _RARER.items() if counts[taken]),
    ]
    click.echo(", ".join(parts))
    short = sum(result.is_short for _, result in results)
    if short:
        click.echo(f"{short} keys are shorter than 128 bits: they work, and are listed by `totp list --short`")
    refused = [(row, result) for row, result in results if result.taken is Taken.REFUSED]
    for row, result in refused:
        click.echo(f"{file}:{row.line}: {shown(row.name)}: {result.reason}", err=True)
    if not is_ldif(file) and any(row.line == 1 for row, _ in refused):
        click.echo(f"{file}:1: if this line names the columns, it has to name them username and key", err=True)
    if refused:
        raise SystemExit(1)


def _openable(administration: Administration, holdings: Sequence[Holding]) -> list[Holding]:
    """Leave out, and tell, whose secret does not open."""
    opened = []
    for holding in holdings:
        try:
            administration.keeper().open(holding, TOTP)
        except SealError as error:
            click.echo(f"{shown(holding.subject.username)}: left out, does not open ({error.code})", err=True)
        else:
            opened.append(holding)
    return opened
