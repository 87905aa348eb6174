"""Where everything of the demo is, and the configuration it is run with."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp.cli.demo_ca import DemoCA
from idp.cli.demo_people import RECOVERY_ATTRIBUTE, SCOPE
from idp.cli.init import write_site
from idp.cli.keys import write_private, write_random_key, write_signing_pair
from idp.cli.slapd_entries import ADMIN_DN, ENROL_DN, GROUPS_DN, PEOPLE_DN, VERIFIER_DN
from idp.settings.load import FILE_NAME
from idp.settings.template import SiteAnswers, render_settings

LOOPBACK = ("127.0.0.1/32", "::1/128")
CAMPUS = ("192.0.2.0/24", "2001:db8:c::/48")
CAMPUS_VPN = ("192.0.2.128/25",)
PASSKEY_CONTEXT = """
# What is stated after a passkey alone where nothing was asked for.
[[login.authn_contexts]]
uri = "https://refeds.org/profile/mfa"
methods = ["passkey"]
two_factors = true
bindings = ["campus-first", "factor", "card-and-mail", "help-desk", "imported"]
"""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """Folder and first port of a demo, with the addresses that follow from them; `cli` is the `warifu` command."""

    folder: Path
    port: int
    on_campus: bool
    cli: Path

    @property
    def base_url(self) -> str:
        """The identity provider."""
        return f"https://localhost:{self.port}"

    @property
    def certificate_url(self) -> str:
        """Its certificate listener."""
        return f"https://localhost:{self.port + 1}"

    @property
    def sp_url(self) -> str:
        """The confirmation service provider."""
        return f"https://localhost:{self.port + 2}/mfa-test"

    @property
    def conf(self) -> Path:
        """The folder of the configuration."""
        return self.folder / "conf"

    @property
    def mail_folder(self) -> Path:
        """Where mails land."""
        return self.folder / "mail"

    @property
    def accounts_file(self) -> Path:
        """Written last: when it is there, the directory is complete."""
        return self.folder / "accounts.json"

    @property
    def ca(self) -> DemoCA:
        """The authority."""
        return DemoCA(self.folder / "tls")

    def secret_file(self, name: str) -> Path:
        """Give the file of a password that was made here."""
        return self.conf / "secrets" / name


def write_demo_site(plan: DemoPlan, now: datetime) -> None:
    """Write configuration, keys and passwords; what is secret is kept, the rest follows the ports and the network."""
    answers = _answers(plan)
    write_site(plan.conf, answers)
    (plan.conf / FILE_NAME).unlink()
    write_private(plan.conf / FILE_NAME, render_settings(answers).encode("utf-8"))
    for name in ("directory-password", "enrol-password", "admin-password"):
        write_random_key(plan.secret_file(name))
    entity_id = _confirmation_entity_id(plan)
    write_signing_pair(plan.conf / "keys/confirmation.key", plan.conf / "keys/confirmation.crt", entity_id, now)
    plan.mail_folder.mkdir(exist_ok=True)


def write_demo_file(plan: DemoPlan) -> None:
    """Write `demo.json` of the contract."""
    facts = {
        "base_url": plan.base_url,
        "certificate_url": plan.certificate_url,
        "sp_url": f"{plan.sp_url}/",
        "proxy_url": f"http://127.0.0.1:{plan.port + 3}",
        "entity_id": f"{plan.base_url}/idp/shibboleth",
        "ca": str(plan.ca.certificate_file),
        "conf": str(plan.conf),
        "cli": str(plan.cli),
        "metadata_dir": str(plan.conf / "metadata"),
        "mail_dir": str(plan.mail_folder),
        "audit_log": str(plan.conf / "log/audit.log"),
        "ldap": {
            "uri": f"ldap://127.0.0.1:{plan.port + 4}",
            "people_dn": PEOPLE_DN,
            "admin_dn": ADMIN_DN,
            "admin_password": plan.secret_file("admin-password").read_text().strip(),
        },
    }
    file = plan.folder / "demo.json"
    file.unlink(missing_ok=True)
    write_private(file, json.dumps(facts, indent=2).encode("utf-8") + b"\n")


def _answers(plan: DemoPlan) -> SiteAnswers:
    return SiteAnswers(
        entity_id=f"{plan.base_url}/idp/shibboleth",
        base_url=plan.base_url,
        scope=SCOPE,
        name_ja="例示大学",
        name_en="Example University",
        ldap_uri=f"ldap://127.0.0.1:{plan.port + 4}",
        people_dn=PEOPLE_DN,
        bind_dn=VERIFIER_DN,
        start_tls=True,
        otp_issuer="Warifu demo",
        methods=("password", "clientcert", "totp", "passkey", "recovery"),
        contexts_toml=PASSKEY_CONTEXT,
        elsewhere=(("password", "matrix", "mailcode"), ("password", "activation")),
        campus_ranges=(*LOOPBACK, *CAMPUS) if plan.on_campus else CAMPUS,
        campus_exceptions=CAMPUS_VPN,
        campus_replace="password",
        site_codes_toml='site_codes = {E101 = "W100070"}',
        ca_toml=f'ca = {_text(plan.ca.certificate_file)}\nenrol_dn = "{ENROL_DN}"\n'
        'enrol_password_file = "secrets/enrol-password"',
        listen_toml=_listen(plan),
        plugins_toml=_plugins(plan),
        affiliation_toml='source = "eduPersonAffiliation"\nvalue = ["member"]',
        release_toml=_release(plan),
        metadata_toml="allow_loopback_http = true          # for this demonstration only",
        confirmation_toml=_confirmation(plan),
        mail_toml=_mail(plan),
    )


def _listen(plan: DemoPlan) -> str:
    return f"""\
main = "127.0.0.1:{plan.port}"
certificate = "127.0.0.1:{plan.port + 1}"
certificate_url = "{plan.certificate_url}"
plain = "127.0.0.1:{plan.port + 3}"
proxies = ["127.0.0.0/8", "::1/128"]
tls_certificate = {_text(plan.ca.server_certificate_file)}
tls_key = {_text(plan.ca.server_key_file)}"""


def _plugins(plan: DemoPlan) -> str:
    return f"""
[plugins.clientcert]
ask = "always"

[[plugins.clientcert.authorities]]
name = "the demonstration's CA"
ca = {_text(plan.ca.certificate_file)}
crls = [{_text(plan.ca.crl_file)}]
match = "mail"

[plugins.matrix]

[plugins.mailcode]
own_domains = ["{SCOPE}"]
unchanged_days = 0                    # the people of the demonstration are made today; leave 7 elsewhere

[plugins.activation]

[helpdesk]

[[helpdesk.roles]]
name = "窓口"
groups = ["cn=helpdesk,{GROUPS_DN}"]
may = ["unlock", "reset", "sessions", "issue", "revoke", "unfreeze"]
"""


def _release(plan: DemoPlan) -> str:
    return f"""\
[[release]]
name = "every service provider of the demonstration"
any_service_provider = true
attributes = ["uid", "mail", "displayName", "eduPersonPrincipalName", "eduPersonScopedAffiliation"]

[attributes.warifuNetwork]
name = "urn:warifu:attribute:network"
friendly_name = "warifuNetwork"
source = "warifu:network"

[[release]]
name = "the network, to the confirmation service provider alone"
service_providers = ["{_confirmation_entity_id(plan)}"]
attributes = ["warifuNetwork"]"""


def _mail(plan: DemoPlan) -> str:
    return f"""\
[mail]
server = "127.0.0.1"
port = {plan.port + 5}
tls = "none"
from = "noreply@{SCOPE}"
reply_to = "help@{SCOPE}"
recovery_attribute = "{RECOVERY_ATTRIBUTE}\""""


def _confirmation(plan: DemoPlan) -> str:
    return f"""\
[confirmation]
url = "{plan.sp_url}"
listen = "127.0.0.1:{plan.port + 2}"
entity_id = "{_confirmation_entity_id(plan)}"
tls_certificate = {_text(plan.ca.server_certificate_file)}
tls_key = {_text(plan.ca.server_key_file)}
signing = {{key = "keys/confirmation.key", certificate = "keys/confirmation.crt"}}
counts_for_health = true
ca = {_text(plan.ca.certificate_file)}"""


def _confirmation_entity_id(plan: DemoPlan) -> str:
    return f"{plan.sp_url}/metadata"


def _text(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)
