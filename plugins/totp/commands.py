"""`warifu totp …`: what an administrator does with registered apps; this file has what is done for one person."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from idp.plugin import (
    AdminAct,
    Administration,
    AdminResult,
    Binding,
    CredentialKind,
    Holding,
    NoticeKind,
    Secret,
    Subject,
)
from idp.plugin.commands import find_person, refuse, reported, shown
from idp.plugin.private_files import new_private
from plugins.totp.bulk import export, import_, rekey
from plugins.totp.codes import STEP_SECONDS, step_at
from plugins.totp.credential import FURTHER, KINDS, TOTP, TOTPCredential, apps_of, bound_at, moment, read
from plugins.totp.foreign import open_base32
from plugins.totp.imports import SHORT_KEY_BYTES
from plugins.totp.listing import list_
from plugins.totp.provisioning import draw_qr, qr_svg, write_uri
from plugins.totp.seed import new_seed

LONGEST_KEY_TEXT = 1024
RACES = 5
MANY = 2
"""Further apps are looked at as well."""
_NONE_SUCH = "none of their apps, or more than one, has this name or id"


def commands() -> click.Group:
    """Give the command group of this plug-in; `context.obj` is an Administration."""
    return totp


@click.group()
@click.pass_context
def totp(context: click.Context) -> None:
    """Registered one-time password apps.

    No secret is ever taken from the command line or the environment, and none is printed but to a terminal on demand.
    """
    administration: Administration = context.obj
    context.call_on_close(administration.guard_secrets())


for _command in (list_, import_, export, rekey):
    totp.add_command(_command)


@totp.command()
@click.argument("username")
@click.pass_obj
def status(administration: Administration, username: str) -> None:
    """Say what is registered for a person."""
    with reported("totp status", administration, username):
        subject = find_person(administration, "totp", username)
        found = _all_of(administration, subject)
        administration.record(AdminAct("totp status", AdminResult.READ, subject))
        if not found:
            click.echo(f"{shown(subject.username)}: no app is registered")
        for number, (kind, holding) in enumerate(found):
            if number:
                click.echo()
            for name, value in _facts(administration, kind, holding):
                click.echo(f"{name:<16}{shown(value)}")


@totp.command()
@click.argument("username")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the key, Base32, from standard input.")
@click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Make a key and write its otpauth: link into this new file; a QR code if its name ends in .svg.",
)
@click.option("--show", is_flag=True, help="Make a key and show it on this terminal.")
@click.option("--replace", is_flag=True, help="Put it in place of the app that is registered.")
@click.pass_obj
def register(
    administration: Administration, username: str, file: Path | None, *, from_stdin: bool, show: bool, replace: bool
) -> None:
    """Register an app for a person who stands before you."""
    if [from_stdin, file is not None, show].count(True) != 1:
        raise click.UsageError("Say one of --stdin, --file FILE, --show.")
    if show and not sys.stdout.isatty():
        raise click.UsageError("--show writes to a terminal only; use --file FILE.")
    with reported("totp register", administration, username):
        subject = find_person(administration, "totp", username)
        before = _all_of(administration, subject)
        if before and not replace:
            refuse(administration, "totp register", subject, "an app is registered already; say --replace")
        secret = _read_key() if from_stdin else new_seed()
        uri = write_uri(secret, subject.username, administration.tools("totp").site.otp_issuer)
        administration.record(AdminAct("totp register", AdminResult.STARTED, subject))
        with administration.telling(NoticeKind.REPLACED if before else NoticeKind.REGISTERED, subject, "totp"):
            if file is not None:
                with new_private(file) as stream:
                    stream.write(qr_svg(uri) if file.suffix.lower() == ".svg" else f"{uri}\n")
                    _add(administration, subject, secret)
            else:
                _add(administration, subject, secret)
        done = AdminResult.REPLACED if before else AdminResult.REGISTERED
        administration.record(AdminAct("totp register", done, subject))
        click.echo(f"{shown(subject.username)}: {done}")
        if show:
            click.echo(f"{draw_qr(uri)}\n{uri}")


@totp.command()
@click.argument("username")
@click.option("--app", help="The name or the id of the one of several that is meant.")
@click.pass_obj
def reset(administration: Administration, username: str, app: str | None) -> None:
    """Take a person's app away; of several all of them, or with --app one."""
    with reported("totp reset", administration, username):
        subject = find_person(administration, "totp", username)
        administration.record(AdminAct("totp reset", AdminResult.STARTED, subject))
        administration.forgive("totp", subject)
        with administration.telling(NoticeKind.RESET, subject, "totp"):
            if not _remove(administration, subject, app):
                refuse(administration, "totp reset", subject, "no app is registered" if app is None else _NONE_SUCH)
        administration.record(AdminAct("totp reset", AdminResult.REMOVED, subject))
        click.echo(f"{shown(subject.username)}: removed")


@totp.command()
@click.argument("username")
@click.pass_obj
def unlock(administration: Administration, username: str) -> None:
    """Forget a person's wrong codes, so that an app that was stopped is asked again."""
    with reported("totp unlock", administration, username):
        subject = find_person(administration, "totp", username)
        credentials = administration.tools("totp").credentials
        for _ in range(RACES):
            found = [(kind, each) for kind in KINDS for each in credentials.list(subject, kind)]
            if not found:
                refuse(administration, "totp unlock", subject, "no app is registered")
            if all(credentials.swap(subject, each, kind, {"failures": b"0"}) for kind, each in found):
                break
        else:
            refuse(administration, "totp unlock", subject, "it changes all the time; try again")
        administration.forgive("totp", subject)
        administration.record(AdminAct("totp unlock", AdminResult.CHANGED, subject))
        click.echo(f"{shown(subject.username)}: wrong codes are forgotten")


def _read_key() -> Secret:
    text = sys.stdin.readline(LONGEST_KEY_TEXT) if not sys.stdin.isatty() else click.prompt("Key", hide_input=True)
    try:
        return open_base32(text.strip().encode())
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _add(administration: Administration, subject: Subject, secret: Secret) -> None:
    tools = administration.tools("totp")
    values = {"last_step": b"0", "failures": b"0", "bound_at": tools.now.strftime("%Y%m%d%H%M%SZ").encode()}
    tools.credentials.add(subject, TOTP, values, {"secret": secret}, {"binding": Binding.HELP_DESK})
    tools.credentials.remove(subject, FURTHER)


def _all_of(administration: Administration, subject: Subject) -> list[tuple[CredentialKind, Holding]]:
    keeper = administration.keeper()
    return [(kind, holding) for kind in KINDS for holding in keeper.each(subject, kind)]


def _remove(administration: Administration, subject: Subject, app: str | None) -> bool:
    """Take all apps away, whether or not they open; or the one of a name or an id, if there is just one such."""
    credentials = administration.tools("totp").credentials
    if app is None:
        removed = [credentials.remove(subject, kind) for kind in KINDS]
        return any(removed)
    meant = [each for each in apps_of(subject, administration.tools("totp"), MANY) if app in _names_of(each)]
    if len(meant) != 1:
        return False
    (one,) = meant
    if one.kind is FURTHER:
        return credentials.delete(subject, one.credential, FURTHER)
    return credentials.remove(subject, TOTP)


def _names_of(app: TOTPCredential) -> tuple[str, str]:
    return app.label, app.credential.id


def _facts(administration: Administration, kind: CredentialKind, holding: Holding) -> list[tuple[str, str]]:
    key_ids = ", ".join(sorted(each or "none (not sealed)" for each in holding.key_ids))
    first = [("username", holding.subject.username), ("entry", holding.subject.dn), ("key id", key_ids)]
    credential = administration.keeper().open(holding, kind)
    if "secret" not in credential.secrets:
        return [*first, ("secret", "none")]
    return first + _opened(read(credential), administration.tools("totp").now)


def _opened(app: TOTPCredential, now: datetime) -> list[tuple[str, str]]:
    bits = 8 * len(app.secret.reveal())
    accepted = moment(datetime.fromtimestamp(app.last_step * STEP_SECONDS, UTC)) if app.last_step else "never"
    ahead = " (in the future: was a clock wrong?)" if app.last_step > step_at(now) + 1 else ""
    return [
        *([("name", app.label), ("id", app.credential.id)] if app.label or app.credential.name else []),
        ("bits", f"{bits}{'' if bits >= 8 * SHORT_KEY_BYTES else ' (short: ask for a new registration)'}"),
        ("binding", app.binding),
        ("since", bound_at(app.credential) or "unknown"),
        ("last accepted", accepted + ahead),
        ("wrong in a row", str(app.failures)),
    ]
