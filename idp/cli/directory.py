"""`warifu directory install|check`: what the directory must have and allow, and whether it does."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from idp.cli.context import CommandContext, with_conf
from idp.cli.directory_changes import DirectoryChange, Names, read_changes, read_indexes, read_schema_389
from idp.cli.directory_rights import Finding, examine_rights
from idp.cli.directory_server import ENTRIES, Make, ServerFacts, read_facts
from idp.core.clock import instant
from idp.core.errors import ConfigError, DependencyError
from idp.directory.pool import Pool, ServiceAccount
from idp.directory.result import Result
from idp.directory.site import open_pool, read_account
from idp.plugin import AdminAct, AdminResult
from idp.settings.load import load_settings
from idp.settings.model import Directory

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_THERE_ALREADY = frozenset({Result.ATTRIBUTE_EXISTS, 68})
_MAKES = [str(Make.OPENLDAP), str(Make.DS389)]


@click.group()
@with_conf
@click.pass_context
def directory(context: click.Context) -> None:
    """Prepare and examine the directory. Passwords are read from files, never from the command line."""
    command: CommandContext = context.obj
    context.call_on_close(command.guard_secrets())


@directory.command()
@click.option("--apply", is_flag=True, help="Make the changes; without it they are printed as LDIF.")
@click.option("--admin-dn", help="Who may change schema and access rules.")
@click.option("--password-file", type=_FILE, help="The administrator's password.")
@click.option("--url", help="Another server than directory.writer; only with --admin-dn.")
@click.option("--kind", type=click.Choice(_MAKES), help="The server's make, if it does not tell.")
@click.option("--helpdesk-dn", default="", help="The account that takes registrations away.")
@click.option("--replication-dn", default="", help="The account that copies everything to another server.")
@click.option("--otp-module", is_flag=True, help="OpenLDAP: take the schema from its module otp.so.")
@with_conf
@click.pass_obj
def install(  # noqa: PLR0913 - each is an option
    context: CommandContext,
    /,
    admin_dn: str | None,
    password_file: Path | None,
    url: str | None,
    kind: str | None,
    helpdesk_dn: str,
    replication_dn: str,
    *,
    apply: bool,
    otp_module: bool,
) -> None:
    """Give the directory what Warifu needs: schema, indexes and access rules; what is there stays."""
    settings = _settings(context)
    if (admin_dn is None) != (password_file is None) or (apply and admin_dn is None):
        raise click.UsageError("Say --admin-dn and --password-file together; --apply needs both.")
    if url is not None and admin_dn is None:
        raise click.UsageError("--url needs --admin-dn and --password-file.")
    pool = _open(settings, _account("admin", admin_dn, password_file), url)
    try:
        facts = read_facts(pool, settings.people_dn)
        names = Names(
            settings.people_dn,
            settings.bind_dn,
            settings.enrol_dn or settings.bind_dn,
            helpdesk_dn,
            replication_dn,
            facts.database or Names("", "", "").database,
        )
        changes = _plan(facts, Make(kind) if kind else facts.make, names, otp_module=otp_module)
        if apply:
            context.record(AdminAct("directory install", AdminResult.STARTED, reason=url or ""))
            _apply(pool, changes)
            context.record(AdminAct("directory install", AdminResult.CHANGED, reason=url or ""))
        else:
            _print(facts, changes)
    except DependencyError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from None
    finally:
        pool.close()


@directory.command()
@click.option("--user", help="The person whose entry is tried on; nothing of it is changed. Default: the first found.")
@click.option("--helpdesk-dn", help="The account of the help desk, to try it too.")
@click.option("--helpdesk-password-file", type=_FILE, help="Its password.")
@click.option("--person-dn", help="Somebody's account, without any role, to see that it sees nothing.")
@click.option("--person-password-file", type=_FILE, help="Its password.")
@click.option("--url", help="One of the servers of the configuration. Default: directory.writer.")
@with_conf
@click.pass_obj
def check(
    context: CommandContext,
    /,
    user: str | None,
    helpdesk_dn: str | None,
    helpdesk_password_file: Path | None,
    person_dn: str | None,
    person_password_file: Path | None,
    url: str | None,
) -> None:
    """Try with each account what it may do and what it may not; changes nothing. Exit 0 when all is as it should be."""
    settings = _settings(context)
    if url is not None and url not in (*settings.uris, settings.writer):
        raise click.UsageError("The accounts' passwords go only to servers that the configuration names.")
    try:
        helpdesk = _account("helpdesk", helpdesk_dn, helpdesk_password_file)
        person = _account("person", person_dn, person_password_file)
        findings = examine_rights(settings, helpdesk, person, user, url or "")
    except ConfigError as error:
        raise click.ClickException(error.detail) from None
    except DependencyError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from None
    wrong = [finding for finding in findings if not finding.is_well]
    for finding in findings:
        click.echo(_line(finding))
    click.echo("nothing is wrong" if not wrong else f"{len(wrong)} to mend")
    sys.exit(1 if wrong else 0)


@directory.command()
@click.argument("name", required=False)
@with_conf
@click.pass_obj
def writer(context: CommandContext, /, name: str | None) -> None:
    """Say which server is written, or name another one: its address, as it stands in directory.uris.

    To be moved when the one before is gone for long, and is not to come back by itself: what it accepted and did not
    pass on is not known to the new one, so only numbers of later time steps count from then on.
    """
    named = context.site().directory_writer
    try:
        if name is not None:
            context.record(AdminAct("directory writer", AdminResult.STARTED, reason=name))
            named.move(name)
            context.record(AdminAct("directory writer", AdminResult.CHANGED, reason=name))
        current = named.current()
    except ValueError as error:
        raise click.ClickException(f"{name}: {error} ({', '.join(sorted(named.known))})") from None
    except DependencyError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from None
    since = f" since {instant(current.since)}" if current.since else ", as configured"
    click.echo(f"{current.uri}{since}")


def _line(finding: Finding) -> str:
    if finding.is_well:
        return f"  ok   {finding.who}: {finding.what}"
    return f"WRONG  {finding.who}: {finding.what}. {finding.remedy}"


def _settings(context: CommandContext) -> Directory:
    try:
        return load_settings(context.conf).directory
    except ConfigError as error:
        raise click.ClickException(error.detail) from None


def _account(option: str, dn: str | None, password_file: Path | None) -> ServiceAccount | None:
    if (dn is None) != (password_file is None):
        raise click.UsageError(f"Say --{option}-dn and --{option}-password-file together.")
    try:
        return read_account(option, dn or "", password_file)
    except ConfigError as error:
        raise click.ClickException("; ".join(f"{each.what}. {each.remedy}" for each in error.problems)) from None


def _open(settings: Directory, account: ServiceAccount | None, url: str | None) -> Pool:
    try:
        return open_pool(settings, account, url or "")
    except ConfigError as error:
        raise click.ClickException(error.detail) from None


def _plan(facts: ServerFacts, make: Make, names: Names, *, otp_module: bool) -> list[DirectoryChange]:
    """Give what is missing, schema first."""
    if make is Make.DS389:
        schemas = {"oath-389ds.ldif": facts.has_schema, "warifu-389ds.ldif": facts.has_entries}
        rules_389 = {"aci-389ds.ldif": facts.has_rules, "credential-aci-389ds.ldif": facts.has_entry_rules}
        return [read_schema_389(name) for name in _missing(schemas)] + _read_all(_missing(rules_389), names)
    if make is Make.OPENLDAP:
        load: DirectoryChange = DirectoryChange(
            "cn=module{0},cn=config", changes=(("add", "olcModuleLoad", (b"otp",)),)
        )
        schema = [load] if otp_module else read_changes("oath-ldap.ldif", names)
        entries = [] if facts.has_entries else read_changes("warifu-ldap.ldif", names)
        known = facts.names | {name.lower() for name in ENTRIES}
        indexes = read_indexes(names, facts.indexed, known) if facts.database else []
        rules = {"otp-acl.ldif": facts.has_rules, "credential-acl.ldif": facts.has_entry_rules}
        return [*([] if facts.has_schema else schema), *entries, *indexes, *_read_all(_missing(rules), names)]
    raise click.ClickException(f"{make} is prepared by hand: see docs/directory.md")


def _missing(files: Mapping[str, bool]) -> list[str]:
    return [name for name, is_there in files.items() if not is_there]


def _read_all(files: list[str], names: Names) -> list[DirectoryChange]:
    return [change for file in files for change in read_changes(file, names)]


def _print(facts: ServerFacts, changes: list[DirectoryChange]) -> None:
    schemas = {"one-time-password": facts.has_schema, "credential": facts.has_entries}
    told = ", ".join(f"{name} schema: {'there' if is_there else 'missing'}" for name, is_there in schemas.items())
    click.echo(f"# {facts.make}; {told}")
    if facts.make is Make.OPENLDAP and not facts.database:
        click.echo(
            "# The server does not show cn=config to this account (--admin-dn names one that sees it): see that the"
        )
        click.echo(
            "# name of the database below is yours, look at its indexes (conf/ldap/indexes.ldif), and run this once"
        )
        click.echo("# only.  ldapmodify -Y EXTERNAL -H ldapi:/// -f THIS")
    if not changes:
        click.echo("# Nothing is missing; `warifu directory check` tries the rules.")
    for change in changes:
        click.echo(f"\n{change.as_ldif()}", nl=False)


def _apply(pool: Pool, changes: list[DirectoryChange]) -> None:
    for change in changes:
        answer = change.apply(pool)
        if answer.code != Result.SUCCESS and answer.code not in _THERE_ALREADY:
            raise click.ClickException(f"{change.dn}: result {answer.code} {answer.message}")
        click.echo(f"{'changed' if answer.code == Result.SUCCESS else 'as it was'}  {change.dn}")
    if not changes:
        click.echo("nothing is missing")
