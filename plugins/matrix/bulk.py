"""`warifu matrix issue|print`: cards for one person or for many, onto sheets that their owner alone can read."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import click

from idp.plugin import AdminAct, Administration, AdminResult, DependencyError, NoticeKind, Subject
from idp.plugin.commands import Chosen, choose, progress, reported, shown
from idp.plugin.private_files import new_private
from plugins.matrix.grid import Card
from plugins.matrix.issuing import CardIssuing
from plugins.matrix.sheet import as_json, draw, one, sheet_parts

METHOD = "matrix"
_CSV = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHEET = click.Path(dir_okay=False, path_type=Path)

Writer = Callable[[str, Card], object]


class Done(StrEnum):
    """What became of one person."""

    ISSUED = "issued"
    REPLACED = "replaced"
    KEPT = "have a card already"
    REFUSED = "refused"


@click.command()
@click.argument("usernames", nargs=-1, metavar="[USERNAME]...")
@click.option("--group", help="Everybody in this group, by its DN.")
@click.option("--csv", "file", type=_CSV, help="Everybody in the column `username` of FILE.")
@click.option(
    "--sheet", type=_SHEET, help="The new file with the cards: HTML, of one card SVG, JSON for a printer of cards."
)
@click.option("--replace", is_flag=True, help="Also for who has a card, which is worth nothing from then on.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done.")
@click.pass_obj
def issue(
    administration: Administration,
    /,
    usernames: tuple[str, ...],
    group: str | None,
    file: Path | None,
    sheet: Path | None,
    *,
    replace: bool,
    dry_run: bool,
) -> None:
    """Make cards, and a sheet of them to be printed, cut out and handed over.

    Whoever has a card keeps it unless --replace is said: what was interrupted is finished by the same command with
    another --sheet. Cards that were made and are on no sheet are printed by `matrix print`.
    """
    with reported("matrix issue", administration):
        issuing = issuing_of(administration)
        chosen = choose(administration, METHOD, usernames, group, file)
        if dry_run:
            _tell(_looked_at(administration, issuing, chosen, replace=replace), chosen, would="would be ")
            return
        _require_one(sheet, chosen.people)
        start = f"{len(chosen.people)} people{', replacing' if replace else ''}"
        administration.record(AdminAct("matrix issue", AdminResult.STARTED, reason=start))
        counts: Counter[Done] = Counter()
        with _writing(sheet, administration) as write:
            stopped = _issue_all(administration, issuing, chosen.people, write, counts, replace=replace)
        _tell(counts, chosen, stopped=stopped)


@click.command("print")
@click.argument("usernames", nargs=-1, metavar="[USERNAME]...")
@click.option("--group", help="Everybody in this group, by its DN.")
@click.option("--csv", "file", type=_CSV, help="Everybody in the column `username` of FILE.")
@click.option("--since", type=click.DateTime(), help="Only cards made since then (UTC).")
@click.option(
    "--sheet",
    type=_SHEET,
    required=True,
    help="The new file with the cards: HTML, of one card SVG, JSON for a printer of cards.",
)
@click.pass_obj
def print_(
    administration: Administration,
    /,
    usernames: tuple[str, ...],
    group: str | None,
    file: Path | None,
    since: datetime | None,
    sheet: Path,
) -> None:
    """Print again the cards that people have; nothing is changed."""
    with reported("matrix print", administration):
        issuing = issuing_of(administration)
        chosen = choose(administration, METHOD, usernames, group, file)
        _require_one(sheet, chosen.people)
        count = 0
        with _writing(sheet, administration) as write, progress(chosen.people, "print") as bar:
            for subject in bar:
                for held in issuing.cards(subject, administration.tools(METHOD)):
                    if since is not None and held.bound_at.replace(tzinfo=None) < since:
                        continue
                    # first written down, then given away
                    reason = f"no. {held.card.number}"
                    administration.record(AdminAct("matrix print", AdminResult.DISCLOSED, subject, reason=reason))
                    write(subject.username, held.card)
                    count += 1
        click.echo(f"{count} printed")
        _end(chosen)


def issuing_of(administration: Administration) -> CardIssuing:
    """Give what makes cards with the site's settings. Raises ConfigError where the method is not enabled."""
    method = administration.method(METHOD)
    if not isinstance(method, CardIssuing):
        raise TypeError("the method of cards is another")
    return method


def _issue_all(
    administration: Administration,
    issuing: CardIssuing,
    people: Sequence[Subject],
    write: Writer,
    counts: Counter[Done],
    *,
    replace: bool,
) -> str:
    """Make one card after another; give why it was stopped, empty when everybody was served."""
    with progress(people, "issue") as bar:
        for subject in bar:
            try:
                counts[_issue_one(administration, issuing, subject, write, replace=replace)] += 1
            except DependencyError as error:
                return f"{error.code}: {shown(error.detail)}"
            except KeyboardInterrupt:
                return "interrupted"
    return ""


def _issue_one(
    administration: Administration, issuing: CardIssuing, subject: Subject, write: Writer, *, replace: bool
) -> Done:
    tools = administration.tools(METHOD)
    former = issuing.standing(subject, tools)
    if former and not replace:
        return Done.KEPT
    with administration.telling(NoticeKind.REPLACED if former else NoticeKind.REGISTERED, subject, METHOD):
        card = issuing.make(subject, tools)
        if card is None:
            reason = "somebody else was first"
            administration.record(AdminAct("matrix issue", AdminResult.REFUSED, subject, reason=reason))
            return Done.REFUSED
        write(subject.username, card)
    done = AdminResult.REPLACED if former else AdminResult.REGISTERED
    reason = f"no. {card.number}{f' in place of no. {former}' if former else ''}"
    administration.record(AdminAct("matrix issue", done, subject, reason=reason))
    return Done.REPLACED if former else Done.ISSUED


def _looked_at(administration: Administration, issuing: CardIssuing, chosen: Chosen, *, replace: bool) -> Counter[Done]:
    tools = administration.tools(METHOD)
    has = [bool(issuing.standing(subject, tools)) for subject in chosen.people]
    return Counter((Done.REPLACED if replace else Done.KEPT) if each else Done.ISSUED for each in has)


def _require_one(sheet: Path | None, people: Sequence[Subject]) -> None:
    if sheet is None:
        raise click.UsageError("Say --sheet FILE: where the cards are written, to be printed.")
    if _is_drawing(sheet) and len(people) > 1:
        raise click.UsageError("An SVG has one card; name the sheet of several .html.")


def _is_drawing(sheet: Path) -> bool:
    return sheet.suffix.lower() == ".svg"


@contextmanager
def _writing(sheet: Path | None, administration: Administration) -> Iterator[Writer]:
    """Write cards into a new file, which has those that were made when the block ends. Raises OSError."""
    if sheet is None:
        raise ValueError("no sheet")
    tools = administration.tools(METHOD)
    with new_private(sheet) as stream:
        if _is_drawing(sheet):
            yield lambda _, card: stream.write(draw(card, tools.site.names))
            return
        if sheet.suffix.lower() == ".json":
            yield lambda username, card: stream.write(f"{as_json(username, card)}\n")
            return
        before, after = sheet_parts()
        stream.write(before)
        yield lambda username, card: stream.write(one(username, card, tools))
        stream.write(after)


def _tell(counts: Counter[Done], chosen: Chosen, *, would: str = "", stopped: str = "") -> None:
    rarer = [f"{counts[done]} {done}" for done in (Done.REPLACED, Done.KEPT, Done.REFUSED) if counts[done]]
    click.echo(", ".join([f"{counts[Done.ISSUED]} {would}issued", *rarer]))
    if stopped:
        raise click.ClickException(
            f"stopped after {counts.total()} of {len(chosen.people)} people ({stopped}). "
            "Run the same command again with another --sheet: who has a card keeps it"
        )
    _end(chosen)


def _end(chosen: Chosen) -> None:
    for line in chosen.unknown:
        click.echo(line, err=True)
    if chosen.unknown:
        raise SystemExit(1)
