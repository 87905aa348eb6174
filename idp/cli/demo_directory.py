"""The demo's directory: made once with its people, their apps and certificates; kept until `make clean`."""

import base64
import json
import os
import subprocess
from dataclasses import replace
from datetime import datetime
from typing import Any

from idp.cli.demo_people import Account, make_accounts, write_accounts
from idp.cli.demo_settings import DemoPlan
from idp.cli.keys import write_private
from idp.cli.serve import part
from idp.cli.slapd import Slapd, TLSFiles, remove
from idp.cli.slapd_entries import ServicePasswords
from idp.core.secret import Secret


def prepare_directory(plan: DemoPlan, now: datetime, *, anew: bool) -> Slapd:
    """Give the directory, stopped; makes it if it is not complete, or `anew`. Raises SlapdError, CalledProcessError."""
    folder = plan.folder / "slapd"
    if not anew and plan.accounts_file.exists() and Slapd.exists(folder):
        return Slapd(folder, plan.port + 4)
    plan.accounts_file.unlink(missing_ok=True)
    remove(folder)
    accounts = make_accounts(plan.folder / "certificates")
    slapd = Slapd.create(
        folder,
        plan.port + 4,
        tls=TLSFiles(plan.ca.certificate_file, plan.ca.server_certificate_file, plan.ca.server_key_file),
        admin_password=_password(plan, "admin-password"),
        services=ServicePasswords(_password(plan, "directory-password"), _password(plan, "enrol-password")),
        people=[account.person.entry for account in accounts],
        durable=False,  # a crash of the machine may take the last seconds of a demonstration
    )
    slapd.start()
    try:
        _issue_certificates(plan, slapd, accounts, now)
        _register_apps(plan, accounts)
        accounts = _with_codes(plan, _with_cards(plan, accounts))
    finally:
        slapd.stop()
    for file in (plan.conf / "state").glob("records.sqlite*"):
        file.unlink()  # nobody is told of what was there from the beginning
    write_accounts(plan.accounts_file, accounts)
    return slapd


def _password(plan: DemoPlan, name: str) -> Secret:
    return Secret(plan.secret_file(name).read_bytes().strip())


def _issue_certificates(plan: DemoPlan, slapd: Slapd, accounts: list[Account], now: datetime) -> None:
    for account in accounts:
        if account.client_certificate is None:
            continue
        person = account.person
        der = plan.ca.issue_person(account.client_certificate, person.username, person.mail, now)
        slapd.apply(
            f"dn: {person.entry.dn}\nchangetype: modify\nadd: userCertificate;binary\n"
            f"userCertificate;binary:: {base64.b64encode(der).decode('ascii')}\n"
        )


def _register_apps(plan: DemoPlan, accounts: list[Account]) -> None:
    """Register the apps with the plug-in's own command; the keys are in a file that is gone afterwards."""
    file = plan.folder / "apps.csv"
    file.unlink(missing_ok=True)
    rows = [f"{item.person.username},{item.totp_key}" for item in accounts if item.totp_key]
    write_private(file, "\n".join(["username,key", *rows, ""]).encode("ascii"))
    try:
        subprocess.run(
            part(plan.conf, "totp", "import", str(file)), check=True, stdout=subprocess.DEVNULL, env={**os.environ}
        )
    finally:
        file.unlink()


def _with_cards(plan: DemoPlan, accounts: list[Account]) -> list[Account]:
    """Make the matrix cards with the plug-in's own command, and note what is on them."""
    names = [each.person.username for each in accounts if each.person.has_card]
    rows = _made(plan, "cards.json", "matrix", "issue", *names, "--sheet")
    cells = {row["username"]: row["cells"] for row in rows}
    return [replace(each, matrix=cells.get(each.person.username)) for each in accounts]


def _with_codes(plan: DemoPlan, accounts: list[Account]) -> list[Account]:
    """Make the recovery codes with the plug-in's own command, and note them."""
    names = [each.person.username for each in accounts if each.person.has_codes]
    rows = _made(plan, "codes.json", "recovery", "issue", *names, "--file")
    codes = {row["username"]: row["codes"] for row in rows}
    return [replace(each, recovery_codes=codes.get(each.person.username)) for each in accounts]


def _made(plan: DemoPlan, name: str, *command: str) -> list[dict[str, Any]]:
    """Run a command that writes what it makes into a file, a JSON object a line; the file is gone afterwards."""
    file = plan.folder / name
    file.unlink(missing_ok=True)
    try:
        subprocess.run(part(plan.conf, *command, str(file)), check=True, stdout=subprocess.DEVNULL, env={**os.environ})
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    finally:
        file.unlink(missing_ok=True)
