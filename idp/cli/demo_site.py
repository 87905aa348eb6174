"""What the demo is made of: folders, ports, configuration, directory; made once and kept."""

import json
import os
import secrets
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp.cli.demo_ca import DemoCA
from idp.cli.demo_people import Account, entries, make_accounts, read_accounts, write_accounts
from idp.cli.init import write_site
from idp.cli.keys import write_private, write_signing_pair
from idp.cli.slapd import Slapd, TLSFiles, remove
from idp.cli.slapd_entries import ADMIN_DN, ENROL_DN, PEOPLE_DN, VERIFIER_DN, ServicePasswords
from idp.core.secret import Secret
from idp.settings.load import FILE_NAME
from idp.settings.template import SiteAnswers

PORT_NAMES = (
    "the identity provider",
    "its certificate listener",
    "the confirmation service provider",
    "its plain HTTP listener",
    "the directory",
    "the mail sink",
)
LOOPBACK = ("127.0.0.1/32", "::1/128")
CAMPUS = ("192.0.2.0/24", "2001:db8:c::/48")
VPN = ("192.0.2.128/25",)
ATTRIBUTES = '"uid", "mail", "displayName", "eduPersonPrincipalName", "eduPersonScopedAffiliation"'


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo is and which ports it takes (contract: base port and the five after it)."""

    folder: Path
    base_port: int
    is_outside: bool

    @property
    def conf(self) -> Path:
        """The folder of its configuration."""
        return self.folder / "conf"

    @property
    def base_url(self) -> str:
        """What a browser opens."""
        return f"https://localhost:{self.base_port}"

    @property
    def sp_url(self) -> str:
        """The confirmation service provider."""
        return f"https://localhost:{self.base_port + 2}/mfa-test/"

    @property
    def authority(self) -> DemoCA:
        """Its certificate authority."""
        return DemoCA(self.folder / "ca")

    @property
    def slapd(self) -> Slapd:
        """Its directory."""
        return Slapd(self.folder / "slapd", self.base_port + 4)

    @property
    def mail_folder(self) -> Path:
        """Where mails land."""
        return self.folder / "mail"

    def taken_ports(self) -> list[str]:
        """Name each port that somebody listens on already."""
        return [
            f"port {port} ({name}) is taken"
            for port, name in zip(range(self.base_port, self.base_port + 6), PORT_NAMES, strict=True)
            if not _is_free(port)
        ]

    def prepare(self, now: datetime) -> list[Account]:
        """Make what is missing and write what the ports decide; gives the accounts."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.authority.ensure(now)
        certificate, key = self.authority.ensure_server("localhost", now)
        passwords = self._passwords()
        (self.conf / FILE_NAME).unlink(missing_ok=True)
        write_site(self.conf, self._answers(certificate, key))
        for name, owner in (("directory-password", "verifier"), ("enrol-password", "enrol")):
            write_private(self.conf / "secrets" / name, passwords[owner].encode())
        write_signing_pair(self.conf / "keys/confirmation.key", self.conf / "keys/confirmation.crt", self.sp_url, now)
        accounts = self._accounts(passwords, certificate, key, now)
        self._write_facts(passwords)
        return accounts

    def _passwords(self) -> dict[str, str]:
        file = self.folder / "passwords.json"
        fresh = {name: secrets.token_urlsafe(18) for name in ("admin", "verifier", "enrol", "helpdesk")}
        write_private(file, json.dumps(fresh).encode())
        kept: dict[str, str] = json.loads(file.read_bytes())
        return kept

    def _accounts(self, passwords: dict[str, str], certificate: Path, key: Path, now: datetime) -> list[Account]:
        file = self.folder / "accounts.json"
        if Slapd.exists(self.folder / "slapd") and file.exists():
            return read_accounts(file)
        remove(self.folder / "slapd")  # what an interrupted first start may have left
        accounts = make_accounts(self.authority, now)
        slapd = Slapd.create(
            self.folder / "slapd",
            self.base_port + 4,
            tls=TLSFiles(self.authority.certificate_file, certificate, key),
            admin_password=Secret(passwords["admin"]),
            services=ServicePasswords(
                Secret(passwords["verifier"]), Secret(passwords["enrol"]), Secret(passwords["helpdesk"])
            ),
            people=entries(accounts),
            durable=False,
        )
        slapd.start()
        try:
            self._import_keys(accounts)
        finally:
            slapd.stop()
        write_accounts(file, accounts)
        return accounts

    def _import_keys(self, accounts: list[Account]) -> None:
        rows = "".join(f"{each.username},{each.totp_key}\n" for each in accounts if each.totp_key)
        file = self.folder / "keys.csv"
        file.unlink(missing_ok=True)
        write_private(file, rows.encode())
        command = [sys.executable, "-m", "idp.cli", "--conf", str(self.conf), "totp", "import", str(file)]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        finally:
            file.unlink()

    def _answers(self, certificate: Path, key: Path) -> SiteAnswers:
        port = self.base_port
        return SiteAnswers(
            entity_id=f"{self.base_url}/idp/shibboleth",
            base_url=self.base_url,
            scope="example.ac.jp",
            name_ja="例示大学",
            name_en="Example University",
            ldap_uri=f"ldap://127.0.0.1:{port + 4}",
            people_dn=PEOPLE_DN,
            bind_dn=VERIFIER_DN,
            start_tls=True,
            otp_issuer="Example-Univ",
            methods=("password", "clientcert", "totp"),
            ca_toml=f'ca = "{self.authority.certificate_file}"\nenrol_dn = "{ENROL_DN}"\n'
            'enrol_password_file = "secrets/enrol-password"',
            listen_toml=f'main = "127.0.0.1:{port}"\ncertificate = "127.0.0.1:{port + 1}"\n'
            f'certificate_url = "https://localhost:{port + 1}"\nplain = "127.0.0.1:{port + 3}"\n'
            f'proxies = ["127.0.0.0/8", "::1/128"]\ntls_certificate = "{certificate}"\ntls_key = "{key}"',
            campus_ranges=CAMPUS if self.is_outside else LOOPBACK + CAMPUS,
            campus_exceptions=VPN,
            plugins_toml='[plugins.clientcert]\nask = "always"',
            affiliation_toml='source = "eduPersonAffiliation"\nvalue = ["member"]',
            release_toml=self._release(),
            metadata_toml="allow_loopback_http = true",
            confirmation_toml=self._confirmation(certificate, key),
        )

    def _release(self) -> str:
        return f"""\
[[release]]
name = "every service provider of the demo"
any_service_provider = true
attributes = [{ATTRIBUTES}]

[attributes.warifuNetwork]
name = "urn:warifu:attribute:network"
friendly_name = "warifuNetwork"
source = "warifu:network"

[[release]]
name = "the network, to the confirmation alone"
service_providers = ["{self.sp_url}metadata"]
attributes = ["warifuNetwork"]"""

    def _confirmation(self, certificate: Path, key: Path) -> str:
        return f"""\
[confirmation]
url = "{self.sp_url.rstrip("/")}"
listen = "127.0.0.1:{self.base_port + 2}"
entity_id = "{self.sp_url}metadata"
tls_certificate = "{certificate}"
tls_key = "{key}"
signing = {{key = "keys/confirmation.key", certificate = "keys/confirmation.crt"}}
ca = "{self.authority.certificate_file}\""""

    def _write_facts(self, passwords: dict[str, str]) -> None:
        """Write demo.json, what a script needs to know (docs/driving-a-demo.md)."""
        port = self.base_port
        facts = {
            "base_url": self.base_url,
            "certificate_url": f"https://localhost:{port + 1}",
            "sp_url": self.sp_url,
            "proxy_url": f"http://127.0.0.1:{port + 3}",
            "entity_id": f"{self.base_url}/idp/shibboleth",
            "ca": str(self.authority.certificate_file),
            "conf": str(self.conf),
            "cli": str(Path(sys.executable).parent / "warifu"),
            "metadata_dir": str(self.conf / "metadata"),
            "mail_dir": str(self.mail_folder),
            "audit_log": str(self.conf / "log/audit.log"),
            "ldap": {
                "uri": f"ldap://127.0.0.1:{port + 4}",
                "people_dn": PEOPLE_DN,
                "admin_dn": ADMIN_DN,
                "admin_password": passwords["admin"],
            },
        }
        self.mail_folder.mkdir(exist_ok=True)
        file = self.folder / "demo.json"
        draft = file.with_suffix(".part")
        draft.unlink(missing_ok=True)
        write_private(draft, json.dumps(facts, indent=1).encode())
        os.replace(draft, file)  # noqa: PTH105 - one word for an atomic change


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
