"""The commented configuration that `warifu init` and the demo write."""

import json
from dataclasses import dataclass, fields
from importlib.resources import files
from string import Template
from typing import Literal

_RULES = """\
[[login.rules]]
name = "campus"
networks = ["campus"]
require = "password"

[[login.rules]]
name = "everywhere else"
require = "two-factors"

# The app is registered, registered again (replace) and taken away (reset) on campus.
[[login.rules]]
name = "register on campus"
action = "register"
networks = ["campus"]
require = "password"

$elsewhere_text
[[login.rules]]
name = "register elsewhere"
action = "register"
$registering

# "two-factors" asks for the app's present code as well; who has lost the app goes to the help desk, which says
# `warifu totp reset`. "password" spares them that, at a price: whoever knows the password can take the app's place on
# campus. An app registered again that way is bound "campus-replaced", which is not among the `bindings` counted below.
[[login.rules]]
name = "replace on campus"
action = "replace"
networks = ["campus"]
require = "$replacing"

[[login.rules]]
name = "replace elsewhere"
action = "replace"
$changing

[[login.rules]]
name = "reset on campus"
action = "reset"
networks = ["campus"]
require = "$replacing"

[[login.rules]]
name = "reset elsewhere"
action = "reset"
$changing"""

_NOWHERE_ELSE = """\
# Elsewhere it is not: `ways` in place of "refuse" let in who proves more (docs/registering-off-campus.md)."""
_ELSEWHERE = """\
# Elsewhere the password is not enough: a code of the help desk beside it, or whatever else you add; one way is enough.
# With cards and recovery addresses: ["password", "matrix", "mailcode"] (docs/registering-off-campus.md)."""

_RELEASE = """\
# [[release]]
# name = "library"
# service_providers = ["https://library.example.org/shibboleth"]
# attributes = ["eduPersonScopedAffiliation"]
# values = {eduPersonScopedAffiliation = ["member@example.ac.jp"]}"""

_CONFIRMATION = """\
# The confirmation service provider, where people try their login: /mfa-test/ on an address of its own.
# [confirmation]
# url = "https://mfa-test.example.ac.jp/mfa-test"
# listen = "127.0.0.1:8082"
# entity_id = "https://mfa-test.example.ac.jp/shibboleth"
# tls_certificate = "tls/mfa-test.crt"
# tls_key = "tls/mfa-test.key"
# signing = {key = "keys/confirmation.key", certificate = "keys/confirmation.crt"}
# counts_for_health = false           # true: /idp/health is 200 only while this one answers, too
# ca = "/etc/ssl/certs/ca-certificates.crt\""""

_MAIL = """\
# Mail to people: each is told of what was changed of theirs. Letters wait in records.sqlite beside the store until the
# server has taken them. Without this table nobody is told.
# [mail]
# server = "smtp.example.ac.jp"
# port = 587
# tls = "starttls"                    # or "tls", from the start (port 465); "none" is for a server on this machine
# ca = "tls/mail-ca.crt"              # who may have signed its certificate, if not those this machine trusts
# from = "noreply@example.ac.jp"
# reply_to = "help@example.ac.jp"
# username = ""
# password_file = "secrets/mail-password"
# address_attributes = ["mail"]       # where a person's addresses are
# recovery_attribute = ""             # where codes go: one that people cannot write (docs/registering-off-campus.md)
# timeout_seconds = 20.0"""

ACTIVATION_WAYS = (("password", "activation"),)
ACTIVATION_PLUGIN = """
[plugins.activation]                  # codes that the help desk gives out: `warifu activation issue`
# minutes = 10                        # how long one lives
# tries = 5                           # wrong ones, after which it is burnt
"""

APP_CONTEXT = """
[[login.authn_contexts]]
uri = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
methods = ["password", "totp"]
"""

CERTIFICATE_CONTEXT = """
[[login.authn_contexts]]
uri = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
methods = ["password", "clientcert"]
"""

NO_CERTIFICATE_CONTEXT = """
# Where client certificates are enabled:
# [[login.authn_contexts]]
# uri = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
# methods = ["password", "clientcert"]
"""


@dataclass(frozen=True, slots=True)
class SiteAnswers:
    """What a site is asked for; `…_toml` are pieces of TOML put in as they are.

    `campus_replace` says what an app is registered again with on campus: the password alone, or a factor beside it;
    `elsewhere` are the ways to register anywhere else, none where that is refused. A replacement and a reset may go the
    same ways, or be let through by the present factor.
    """

    entity_id: str
    base_url: str
    scope: str
    name_ja: str
    name_en: str
    ldap_uri: str
    people_dn: str
    bind_dn: str
    start_tls: bool
    otp_issuer: str = "Warifu"
    methods: tuple[str, ...] = ("password", "totp")
    ca_toml: str = '# ca = "tls/ldap-ca.crt"              # who may have signed the directory\'s certificate'
    listen_toml: str = 'plain = "127.0.0.1:8080"\nproxies = ["127.0.0.1/32", "::1/128"]\n# main = "192.0.2.1:443"'
    campus_ranges: tuple[str, ...] = ()
    campus_exceptions: tuple[str, ...] = ()
    campus_replace: Literal["password", "factor"] = "factor"
    elsewhere: tuple[tuple[str, ...], ...] = ()
    contexts_toml: str = ""
    site_codes_toml: str = '# site_codes = {}                     # your own codes beside ours, e.g. {E101 = "W100070"}'
    plugins_toml: str = ""
    affiliation_toml: str = 'source = "eduPersonAffiliation"'
    release_toml: str = _RELEASE
    metadata_toml: str = "# allow_loopback_http = false         # answers to http://localhost; for demonstrations only"
    confirmation_toml: str = _CONFIRMATION
    mail_toml: str = _MAIL


def render_settings(answers: SiteAnswers) -> str:
    """Give the text of `idp.toml` for a site."""
    text = files("idp.settings").joinpath("idp.toml.template").read_text(encoding="utf-8")
    plain = {
        "entity_id": answers.entity_id,
        "base_url": answers.base_url,
        "scopes": [answers.scope],
        "scope": answers.scope,
        "ldap_uris": [answers.ldap_uri],
        "people_dn": answers.people_dn,
        "bind_dn": answers.bind_dn,
        "start_tls": answers.start_tls,
        "otp_issuer": answers.otp_issuer,
        "methods": list(answers.methods),
        "campus_ranges": list(answers.campus_ranges),
        "campus_exceptions": list(answers.campus_exceptions),
    }
    values = {name: json.dumps(value, ensure_ascii=False) for name, value in plain.items()}
    values["name"] = f"{{ja = {_text(answers.name_ja)}, en = {_text(answers.name_en)}}}"
    values["app_context"] = APP_CONTEXT if "totp" in answers.methods else ""
    values["certificate_context"] = CERTIFICATE_CONTEXT if "clientcert" in answers.methods else NO_CERTIFICATE_CONTEXT
    values["directory_ca"] = answers.ca_toml
    replacing = {"password": "password", "factor": "two-factors"}[answers.campus_replace]
    values["rules"] = Template(_RULES).substitute(
        replacing=replacing,
        elsewhere_text=_ELSEWHERE if answers.elsewhere else _NOWHERE_ELSE,
        registering=_ways(answers.elsewhere),
        changing=_ways(_with_factors(answers)),
    )
    for field in fields(answers):
        if field.name.endswith("_toml") and field.name != "ca_toml":
            values[field.name.removesuffix("_toml")] = getattr(answers, field.name)
    return Template(text).substitute(values)


def _with_factors(answers: SiteAnswers) -> tuple[tuple[str, ...], ...]:
    """Give the ways to change what is registered: with a factor that stands, or as at a first registration."""
    first, *others = answers.methods
    return tuple((first, each) for each in others) + answers.elsewhere if answers.elsewhere else ()


def _ways(ways: tuple[tuple[str, ...], ...]) -> str:
    return f"ways = {json.dumps([list(way) for way in ways])}" if ways else 'require = "refuse"'


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
