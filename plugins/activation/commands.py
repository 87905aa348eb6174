"""`warifu activation issue`: a code for one person, said to them by whoever has identified them."""

import click

from idp.plugin import AdminAct, Administration, AdminResult
from idp.plugin.commands import find_person, reported, shown
from plugins.activation.method import ActivationMethod


def commands() -> click.Group:
    """Give the command group of this plug-in; `context.obj` is an Administration."""
    return activation


@click.group()
@click.pass_context
def activation(context: click.Context) -> None:
    """Activation codes: for who has neither the campus nor a card at hand. They go from mouth to ear, never by mail."""
    administration: Administration = context.obj
    context.call_on_close(administration.guard_secrets())


@activation.command()
@click.argument("username")
@click.option("--reason", required=True, help="How you know who it is; for the audit log.")
@click.pass_obj
def issue(administration: Administration, username: str, reason: str) -> None:
    """Print a new code for a person you have identified; any code before is void.

    It lives ten minutes and is good once, together with the password.
    """
    verb = "activation issue"
    with reported(verb, administration, username):
        subject = find_person(administration, "activation", username)
        method, tools = administration.method("activation"), administration.tools("activation")
        if not isinstance(method, ActivationMethod):
            raise click.ClickException("the method activation is another's")
        administration.record(AdminAct(verb, AdminResult.STARTED, subject, reason=reason))
        code = method.issue(subject, tools)
        administration.record(AdminAct(verb, AdminResult.DISCLOSED, subject, reason=reason))
        click.echo(
            f"For {shown(subject.username)}, for {method.minutes} minutes, together with the password:", err=True
        )
        click.echo(code)
