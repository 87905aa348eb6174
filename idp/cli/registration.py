"""`warifu registration`: stops what a person can register, and lets it go on."""

from contextlib import closing

import click

from idp.cli.context import CommandContext, with_conf
from idp.core.subject import Subject
from idp.plugin import AdminAct, AdminResult
from idp.plugin.commands import find_person, reported, shown


@click.group()
def registration() -> None:
    """What people register themselves: stopped for one person, let go on again."""


@registration.command()
@click.argument("username")
@click.option("--reason", required=True, help="Why; for the audit log.")
@with_conf
@click.pass_obj
def freeze(context: CommandContext, /, username: str, reason: str) -> None:
    """Have nothing registered, replaced or removed by a person, or by who knows their password."""
    with closing(context.site()) as site, reported("registration freeze", context, username):
        subject = _person(context, "registration freeze", username, reason)
        if not site.cautions.freeze(subject, site.clock()):
            raise click.ClickException(f"{shown(username)}: it is frozen already")
        context.record(AdminAct("registration freeze", AdminResult.CHANGED, subject, reason=reason))
        click.echo(f"{shown(username)}: frozen")


@registration.command()
@click.argument("username")
@click.option("--reason", required=True, help="How you know who it is, and what was done; for the audit log.")
@with_conf
@click.pass_obj
def unfreeze(context: CommandContext, /, username: str, reason: str) -> None:
    """Let a person register again, once you know who it is and they have a new password."""
    with closing(context.site()) as site, reported("registration unfreeze", context, username):
        subject = _person(context, "registration unfreeze", username, reason)
        if not site.cautions.thaw(subject, site.clock()):
            raise click.ClickException(f"{shown(username)}: it is not frozen")
        context.record(AdminAct("registration unfreeze", AdminResult.CHANGED, subject, reason=reason))
        click.echo(f"{shown(username)}: not frozen any more")


def _person(context: CommandContext, verb: str, username: str, reason: str) -> Subject:
    subject = find_person(context, "registration", username)
    context.record(AdminAct(verb, AdminResult.STARTED, subject, reason=reason))
    return subject
