"""`warifu totp list`: who has an app, a line each, for people and for programs."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields

import click

from idp.plugin import AdminAct, Administration, AdminResult, CredentialKind, Holding, Keeper, SealError
from idp.plugin.commands import reported, shown
from plugins.totp.credential import KINDS, bound_at, read
from plugins.totp.imports import SHORT_KEY_BYTES

NONE = "none"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line: `bits` and `failures` are numbers, empty for what does not open; `problem` says why it does not."""

    username: str
    key_id: str
    bits: int | None = None
    binding: str = ""
    since: str = ""
    failures: int | None = None
    problem: str = ""
    name: str = ""

    @property
    def is_short(self) -> bool:
        """Tell whether the key is under 128 bits."""
        return self.bits is not None and self.bits < 8 * SHORT_KEY_BYTES


@click.command("list")
@click.option("--key-id", help="Only those sealed with this key; 'none' for those never sealed.")
@click.option("--short", is_flag=True, help="Only those with keys under 128 bits.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a line of column names.")
@click.pass_obj
def list_(administration: Administration, key_id: str | None, *, short: bool, as_json: bool, as_csv: bool) -> None:
    """List who has an app, by user name; a line for each of several.

    The columns are user name, key id, bits, binding, since (UTC), failures, problem, name; tabs between them if nothing
    else is said.
    """
    if as_json and as_csv:
        raise click.UsageError("Say one of --json and --csv.")
    with reported("totp list", administration):
        administration.record(AdminAct("totp list", AdminResult.READ))
        keeper = administration.keeper()
        found = [(kind, holding) for kind in KINDS for holding in keeper.all(kind)]
        everybody = sorted(found, key=lambda each: each[1].subject.username)
        wanted = (
            each
            for each in (_listed(keeper, *each) for each in everybody)
            if (key_id is None or key_id in each.key_id.split(",")) and (each.is_short or not short)
        )
        if as_json:
            for each in wanted:
                click.echo(json.dumps(asdict(each), ensure_ascii=False))
        elif as_csv:
            rows = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
            rows.writeheader()
            rows.writerows(asdict(each) for each in wanted)
        else:
            for line in _lines(map(asdict, wanted)):
                click.echo(line)


_COLUMNS = [field.name for field in fields(Listed)]


def _listed(keeper: Keeper, kind: CredentialKind, holding: Holding) -> Listed:
    username = holding.subject.username
    key_ids = ",".join(sorted(each or NONE for each in holding.key_ids)) or NONE
    try:
        app = read(keeper.open(holding, kind))
    except SealError as error:
        return Listed(username, key_ids, problem=f"does not open ({error.code})")
    except KeyError:
        return Listed(username, key_ids, problem="no secret")
    bits = 8 * len(app.secret.reveal())
    return Listed(username, key_ids, bits, app.binding, bound_at(app.credential), app.failures, name=app.label)


def _lines(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    yield "\t".join(_COLUMNS)
    for row in rows:
        yield "\t".join("" if row[name] is None else shown(str(row[name])) for name in _COLUMNS)
