"""`warifu mailcode address`: whether codes can be sent to a person, and why not; the page tells nobody."""

import click

from idp.plugin import AdminAct, Administration, AdminResult
from idp.plugin.commands import find_person, reported, shown
from plugins.mailcode.address import Verdict, mask
from plugins.mailcode.method import MailCodeMethod

SAID = {
    Verdict.USABLE: "codes are sent to {address}",
    Verdict.NONE: "no code is sent: there is no recovery address, or not exactly one mail address",
    Verdict.OWN: "no code is sent: {address} is a mailbox of the account's own",
    Verdict.TOO_NEW: "no code is sent yet: {address} may have been changed too lately",
}


def commands() -> click.Group:
    """Give the command group of this plug-in; `context.obj` is an Administration."""
    return mailcode


@click.group()
def mailcode() -> None:
    """Codes by mail to the recovery address."""


@mailcode.command()
@click.argument("username")
@click.pass_obj
def address(administration: Administration, username: str) -> None:
    """Say whether codes are sent to a person, and why not. Exit 1 where none are."""
    with reported("mailcode address", administration, username):
        subject = find_person(administration, "mailcode", username)
        administration.record(AdminAct("mailcode address", AdminResult.READ, subject))
        method, tools = administration.method("mailcode"), administration.tools("mailcode")
        verdict = method.verdict(subject, tools) if isinstance(method, MailCodeMethod) else Verdict.NONE
        click.echo(f"{shown(subject.username)}: {SAID[verdict].format(address=mask(tools.letters.address(subject)))}")
        if verdict is not Verdict.USABLE:
            click.get_current_context().exit(1)
