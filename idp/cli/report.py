"""`warifu report …`: who has which factor, what is pending or stale, who was refused why."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from unicodedata import east_asian_width

import click

from idp.cli.context import CommandContext, with_conf
from idp.cli.policy_report import plain
from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.plugin import AdminAct, AdminResult
from idp.web.site import Site
from idp.web.survey import Factor, Patience, survey

Row = Mapping[str, str]
FACTORS = ("username", "method", "label", "binding", "since", "used")
REGISTRATIONS = (*FACTORS, "findings")
REFUSALS = ("time", "username", "code", "why", "method", "service", "network", "rule")
REFUSED = frozenset({"wrong", "refused", "failed"})
_as_csv = click.option("--csv", "form", flag_value="csv", help="CSV with a line of column names.")
_as_json = click.option("--json", "form", flag_value="json", help="A JSON object a line.")


@click.group()
def report() -> None:
    """What the site's people have, and why they were refused."""


@report.command()
@_as_csv
@_as_json
@with_conf
@click.pass_obj
def factors(context: CommandContext, /, form: str | None) -> None:
    """Who has which factor, since when, how it was bound, when it was used last; who has none is told, too."""
    _print(context, "report factors", FACTORS, form, lambda site: map(_row, survey(site, site.clock())))


@report.command()
@click.option("--never-used", "never", type=click.IntRange(0, 3650), default=30, show_default=True, metavar="DAYS")
@click.option("--not-used", "long", type=click.IntRange(0, 3650), default=180, show_default=True, metavar="DAYS")
@_as_csv
@_as_json
@with_conf
@click.pass_obj
def registrations(context: CommandContext, /, never: int, long: int, form: str | None) -> None:
    """What is worth a look: nothing registered, never used, not used any more, bound weakly, stopped, not sealed.

    --never-used: registered so many days ago and not used since. --not-used: not used for so many days.
    """
    patience = Patience(timedelta(days=never), timedelta(days=long))

    def rows(site: Site) -> Iterator[Row]:
        return (_row(each) for each in survey(site, site.clock(), patience) if each.findings)

    _print(context, "report registrations", REGISTRATIONS, form, rows)


@report.command()
@click.option("--days", type=click.IntRange(1, 3650), default=7, show_default=True, help="How far back.")
@click.option(
    "--log",
    "logs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A JSON audit log to read; audit.json_log if none is named.",
)
@_as_csv
@_as_json
@with_conf
@click.pass_obj
def refusals(context: CommandContext, /, days: int, logs: tuple[Path, ...], form: str | None) -> None:
    """Who was refused, when, why, by which rule, at which service; from the audit log, the oldest first."""

    def rows(site: Site) -> Iterator[Row]:
        configured = site.settings.audit.json_log
        files = logs or ((configured,) if configured is not None else ())
        if not files:
            raise click.ClickException("there is no JSON audit log: set audit.json_log, or name one by --log")
        since = site.clock() - timedelta(days=days)
        return (_refusal(site, line) for file in files for line in _lines(file, since))

    _print(context, "report refusals", REFUSALS, form, rows)


def _print(
    context: CommandContext, verb: str, columns: Sequence[str], form: str | None, rows: Callable[[Site], Iterable[Row]]
) -> None:
    with closing(context.site()) as site:
        try:
            context.record(AdminAct(verb, AdminResult.READ))
            _write(columns, [{name: row.get(name, "") for name in columns} for row in rows(site)], form)
        except DependencyError as error:
            raise click.ClickException(f"{error.code}: {error.detail}") from None


def _write(columns: Sequence[str], rows: Sequence[Row], form: str | None) -> None:
    if form == "json":
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    else:
        table = [dict(zip(columns, columns, strict=True)), *rows]
        widths = {name: max(_width(plain(row[name])) for row in table) for name in columns}
        for row in table:
            cells = (plain(row[name]) + " " * (widths[name] - _width(plain(row[name]))) for name in columns)
            click.echo("  ".join(cells).rstrip())


def _harmless(value: str) -> str:
    """Keep a spreadsheet from taking a text for a formula: names are other people's."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _row(each: Factor) -> Row:
    return {
        "username": each.username,
        "method": each.method or "none",
        "label": each.label,
        "binding": each.binding,
        "since": _moment(each.since),
        "used": _moment(each.used),
        "findings": " ".join(each.findings),
    }


def _moment(when: datetime | None) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when is not None else ""


def _lines(file: Path, since: datetime) -> Iterator[Mapping[str, object]]:
    """Give the refusals of a log since a moment; a line that is none of ours is passed over."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        for text in stream:
            try:
                line = json.loads(text)
                when = datetime.fromisoformat(str(line["time"]))
            except (ValueError, KeyError, TypeError):
                continue
            if when >= since and line.get("decision") in REFUSED:
                yield line


def _refusal(site: Site, line: Mapping[str, object]) -> Row:
    code = str(line.get("code", ""))
    methods = line.get("methods")
    return {
        "time": str(line["time"]),
        "username": str(line.get("username", "")),
        "code": code,
        "why": site.words.text("en", f"code.{code}.title") if code in set(Code) else str(line.get("reason", "")),
        "method": " ".join(map(str, methods)) if isinstance(methods, list) else "",
        "service": str(line.get("entity_id", "")),
        "network": str(line.get("network", "")),
        "rule": str(line.get("rule", "")),
    }


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
