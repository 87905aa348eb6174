"""`idp.toml` as frozen models; every key, its default and its meaning are here and nowhere else."""

from pathlib import Path
from typing import Any, Literal

from pydantic import model_validator

from idp.core.proof import Binding
from idp.settings.base import Field, Group, Settings
from idp.settings.helpdesk import HelpDesk
from idp.settings.kinds import Action, Day, HeaderName, Mailbox, Origin, Range, TimeZone, Url, Way, Words
from idp.settings.metadata_source import MetadataSource


class Site(Group):
    """Who runs this identity provider."""

    entity_id: str = Field(min_length=1, max_length=256)
    base_url: Url
    name: Words
    scopes: tuple[str, ...] = Field(min_length=1)
    languages: tuple[str, ...] = ("ja", "en")
    time_zone: TimeZone = "Asia/Tokyo"
    otp_issuer: str = Field(default="Warifu", pattern=r"^[^:&%#?+/\"\\\x00-\x1f]{1,48}$")
    help_url: str = ""
    password_help: Words = {}
    privacy_url: str = ""
    logo_url: str = ""
    logo_width: int = Field(default=80, ge=1)
    logo_height: int = Field(default=60, ge=1)
    description: Words = {}
    technical_contact_mail: str = ""
    colour: str = Field(default="#a8322c", pattern=r"^#[0-9a-fA-F]{6}$")
    site_codes: dict[str, str] = {}


class Listen(Group):
    """Where requests come in. `main` and `certificate` speak TLS; `plain` and `socket` stand behind `proxies`.

    `certificate_header` and `verify_header` are how a proxy that asks for the certificate itself hands it on.
    """

    main: str | None = None
    certificate: str | None = None
    certificate_url: Origin = ""
    certificate_header: HeaderName = ""
    verify_header: HeaderName = ""
    plain: str | None = None
    socket: Path | None = None
    proxies: tuple[Range, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    workers: int = Field(default=0, ge=0, le=64)
    threads: int = Field(default=4, ge=1, le=32)


class KeyPair(Group):
    """A private key and its certificate, PEM."""

    key: Path
    certificate: Path


class Keys(Group):
    """Our keys: the first signing key signs, all are published (a rollover has two).

    `cookie` makes the tokens of forms; those of `previous_cookie` are still believed (security.md K-05).
    """

    signing: tuple[KeyPair, ...] = Field(min_length=1)
    encryption: tuple[KeyPair, ...] = ()
    seal: tuple[Path, ...] = Field(min_length=1)
    cookie: Path
    previous_cookie: tuple[Path, ...] = ()


class Directory(Group):
    """Where the people are. The first of `uris` that answers is read; `writer` alone is written."""

    uris: tuple[str, ...] = Field(min_length=1)
    writer: str = ""
    start_tls: bool = True
    ca: Path | None = None
    bind_dn: str = ""
    bind_password_file: Path | None = None
    enrol_dn: str = ""
    enrol_password_file: Path | None = None
    people_dn: str
    user_filter: str = "(uid={username})"
    username_attribute: str = "uid"
    id_attribute: Literal["entryUUID", "nsUniqueId", "objectGUID"] = "entryUUID"
    attributes: tuple[str, ...] = ()
    group_attribute: str = "memberOf"
    connections: int = Field(default=4, ge=1, le=32)
    timeout_seconds: float = Field(default=3.0, gt=0, le=30)
    fresh_seconds: int = Field(default=60, ge=0, le=60)
    lockout_seconds: int = Field(default=0, ge=0)


class Store(Group):
    """Where short-lived state is: one file of SQLite, or Redis."""

    path: Path | None = None
    redis: str = ""
    redis_password_file: Path | None = None


class Records(Group):
    """Where what lasts is kept: letters that wait. A file of SQLite, `records.sqlite` beside the store if not said."""

    path: Path | None = None


class Mail(Group):
    """The SMTP server that takes our mail, and whom people are written to as; without it nobody is told of a change.

    TLS begins with the connection ("tls") or by STARTTLS; "none" is for a server on this machine. Codes go to the
    address in `recovery_attribute`, which the person must not be able to write.
    """

    server: str = Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca: Path | None = None
    username: str = ""
    password_file: Path | None = None
    sender: Mailbox = Field(alias="from")
    reply_to: Mailbox | None = None
    address_attributes: tuple[str, ...] = Field(default=("mail",), min_length=1)
    recovery_attribute: str = ""
    timeout_seconds: float = Field(default=20.0, gt=0, le=60)

    @property
    def read_attributes(self) -> tuple[str, ...]:
        """All that is read of people's entries for mail."""
        return (*self.address_attributes, *([self.recovery_attribute] if self.recovery_attribute else []))


class Registration(Group):
    """Who changes nothing of what is registered, though the rules are met; 0 is never.

    An account is dormant that was not used for `dormant_days`, or never in the `never_used_days` since it was made: it
    registers nothing without the help desk or a factor. A factor that came without the one before it changes nothing
    else for `cool_down_hours`. The address in a notice that freezes everything is good for `not_me_days`.
    """

    dormant_days: int = Field(default=180, ge=0, le=390)
    never_used_days: int = Field(default=60, ge=0, le=3650)
    cool_down_hours: int = Field(default=24, ge=0, le=24 * 30)
    not_me_days: int = Field(default=30, ge=1, le=365)


class Session(Group):
    """How long a login lasts, by the server's clock (NIST SP 800-63B-4 2.2.3)."""

    idle_minutes: int = Field(default=60, ge=1, le=24 * 60)
    absolute_hours: int = Field(default=8, ge=1, le=24)
    conversation_minutes: int = Field(default=15, ge=10, le=60)


class NetworkRanges(Group):
    """A named network: ranges without the exceptions, here or in a file of their own (idp/settings/range_file.py)."""

    ranges: tuple[Range, ...] = ()
    exceptions: tuple[Range, ...] = Field(default=(), alias="except")
    file: Path | None = None

    @model_validator(mode="after")
    def _in_one_place(self) -> "NetworkRanges":
        if self.file is not None and (self.ranges or self.exceptions):
            raise ValueError("a network with a `file` has its ranges there: remove `ranges` and `except`")
        return self


class Grace(Group):
    """How long a row holds for one person: `days` from a day on, from their first login, or since their entry is there.

    The last day is the one `days` after the first, and it counts.
    """

    days: int = Field(ge=1, le=1000)
    since: Literal["first-login", "entry"] | Day


class Rule(Group):
    """One row of the table of rules; empty means any; the first row that fits decides.

    The service provider is one that `service_providers` names or that has one of `entity_categories`. A row holds from
    the day `from` to the day `until`, both included, in the site's time zone. In place of `require` stand `ways`: lists
    of methods, of which one has to be proved whole. With `remembered` a browser that the person trusts spares the
    second factor, never where the service provider asks for a class of two.
    """

    name: str = Field(min_length=1)
    action: Action = "login"
    networks: tuple[str, ...] = ()
    service_providers: tuple[str, ...] = ()
    entity_categories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    authn_contexts: tuple[str, ...] = ()
    starts: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    grace: Grace | None = None
    require: Literal["password", "two-factors", "refuse", "ways"] = "ways"
    ways: tuple[Way, ...] = ()
    remembered: bool = False

    @model_validator(mode="after")
    def _says_what_is_wanted(self) -> "Rule":
        if (self.require == "ways") != bool(self.ways):
            raise ValueError("say what has to be proved: `require`, or `ways` in place of it")
        return self

    @model_validator(mode="after")
    def _can_hold(self) -> "Rule":
        if self.starts is not None and self.until is not None and self.until < self.starts:
            raise ValueError("`until` is before `from`: the rule would never hold")
        if self.action == "helpdesk" and self.require == "password":
            raise ValueError("the help desk is behind two factors: require two-factors, or refuse")
        if self.grace is not None and (self.require, self.action) != ("password", "login"):
            raise ValueError("`grace` is for a rule of logins that requires the password alone, until it ends")
        if self.remembered and (self.require, self.action) != ("two-factors", "login"):
            raise ValueError("`remembered` is for a rule of logins that requires two factors")
        return self


class AuthnContext(Group):
    """One class of AuthnContext and what must have been proved for it; the list goes from weak to strong."""

    uri: str
    methods: tuple[str, ...] = ()
    two_factors: bool = False
    bindings: tuple[Binding, ...] | None = None

    @property
    def wants_more_than_one(self) -> bool:
        """Say whether more than one method is needed for it."""
        return self.two_factors or len(self.methods) > 1


class Login(Group):
    """The methods, in the order they are offered; the first proves who the person is.

    A person may trust a browser for `remembered_days`, where a rule with `remembered` decides.
    """

    methods: tuple[str, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    authn_contexts: tuple[AuthnContext, ...] = Field(min_length=1)
    remembered_days: int = Field(default=30, ge=1, le=90)


class Attribute(Group):
    """An attribute that may be released: where it comes from and what it is called on the wire."""

    name: str
    friendly_name: str = ""
    name_format: str = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
    source: str = ""
    value: tuple[str, ...] = ()
    scope: str = ""
    scoped: bool = False


class Release(Group):
    """One rule of release: these attributes (and only these values, if named) to these service providers."""

    name: str
    service_providers: tuple[str, ...] = ()
    entity_categories: tuple[str, ...] = ()
    any_service_provider: bool = False
    attributes: tuple[str, ...] = Field(min_length=1)
    values: dict[str, tuple[str, ...]] = {}


class ServiceProvider(Group):
    """What is different for one service provider; every weakening is named in the log at start."""

    entity_id: str
    authn_contexts: tuple[str, ...] = ()
    allow_sha1: bool = False
    allow_cbc: bool = False
    allow_unencrypted: bool = False
    sign_assertion: bool | None = None
    clock_skew_seconds: int | None = Field(default=None, ge=0, le=600)


class Metadata(Group):
    """Who the service providers are: each XML file in `folder` is registered by its place, then those of `sources`.

    Of an entity in several the first counts: the folder, then the sources in their order.
    """

    folder: Path
    index: Path
    allow_loopback_http: bool = False
    refresh_seconds: float = Field(default=2.0, gt=0, le=3600)
    sources: tuple[MetadataSource, ...] = ()

    @model_validator(mode="after")
    def _has_each_name_once(self) -> "Metadata":
        names = [source.name for source in self.sources]
        if len(set(names)) < len(names):
            raise ValueError("two sources have one name")
        return self

    def fetched(self, source: MetadataSource) -> Path:
        """Give the file in which the last good document of a remote source is kept."""
        return self.index.parent / "metadata" / f"{source.name}.xml"


class Saml(Group):
    """Numbers of the protocol (Shibboleth's defaults: PT3M, PT3M, PT5M)."""

    message_lifetime_seconds: int = Field(default=180, ge=30, le=600)
    clock_skew_seconds: int = Field(default=180, ge=0, le=300)
    assertion_lifetime_seconds: int = Field(default=300, ge=60, le=300)
    strict_relay_state: bool = False
    data_encryption: Literal["aes128-gcm", "aes256-gcm"] = "aes128-gcm"


class Audit(Group):
    """The audit stream; with `required` nobody gets an assertion that could not be written down."""

    log: Path
    json_log: Path | None = None
    required: bool = True
    process_log: Path | None = None
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Reports(Group):
    """How often what people have is counted for the metrics: each count reads the whole directory; 0 is never."""

    survey_hours: int = Field(default=24, ge=0, le=24 * 7)


class ConfirmationSP(Group):
    """The confirmation service provider `/mfa-test/`, a process of its own.

    With `counts_for_health` the site is healthy only while this one answers: for a demo, not behind a load balancer.
    """

    url: Url
    listen: str
    entity_id: str
    tls_certificate: Path
    tls_key: Path
    signing: KeyPair
    ca: Path
    counts_for_health: bool = False


class IdPSettings(Settings):
    """The whole of `idp.toml`."""

    site: Site
    listen: Listen
    keys: Keys
    directory: Directory
    store: Store
    records: Records = Records()
    mail: Mail | None = None
    registration: Registration = Registration()
    session: Session = Session()
    networks: dict[str, NetworkRanges] = {}
    login: Login
    limits: dict[str, dict[str, tuple[str, ...]]] = {}
    attributes: dict[str, Attribute] = {}
    release: tuple[Release, ...] = ()
    service_provider: tuple[ServiceProvider, ...] = ()
    metadata: Metadata
    saml: Saml = Saml()
    audit: Audit
    confirmation: ConfirmationSP | None = None
    helpdesk: HelpDesk | None = None
    reports: Reports = Reports()
    plugins: dict[str, dict[str, Any]] = {}

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are enabled: those of a login as they are offered, then those that serve ways alone."""
        return tuple(dict.fromkeys((*self.login.methods, *self.plugins)))

    @property
    def records_path(self) -> Path:
        """Where records are kept."""
        return self.records.path or (self.store.path or self.metadata.index).with_name("records.sqlite")
