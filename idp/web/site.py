"""Everything the views use, made once by `idp.app.load` and given to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from jinja2 import Environment

from idp.audit import AuditLog, Logger
from idp.core.clock import Clock
from idp.directory import Directory
from idp.directory.writer import NamedWriter
from idp.federation.index import Federation
from idp.flow.acquaintance import Acquaintances
from idp.flow.caution import Cautions
from idp.flow.conversation import Conversations
from idp.flow.engine import Engine
from idp.flow.history import History
from idp.flow.logout import Logouts
from idp.flow.participation import Participations
from idp.flow.policy import Policy
from idp.flow.refusals import Refusals
from idp.flow.registration import Registrations
from idp.flow.session import Sessions
from idp.flow.throttle import Throttle
from idp.flow.ticket import Tickets
from idp.flow.trusted import TrustedBrowsers
from idp.mail import Outbox
from idp.metrics import Metrics
from idp.not_me import NotMe
from idp.notices import Notices
from idp.plugin import Keeper, Tools
from idp.plugin.registry import Enabled
from idp.saml.answer import ResponseWriter
from idp.saml.conditions import Expectations
from idp.saml.logout_writer import LogoutWriter
from idp.settings.live_networks import LiveNetworks
from idp.settings.model import IdPSettings, ServiceProvider
from idp.store import Store
from idp.web.blanks import KeptPages
from idp.web.forms import FormTokens
from idp.web.origin import Sparing
from idp.words import Words
from idp.xml.decrypt import DecryptionKey
from idp.xml.sign import SigningKey


@dataclass(frozen=True)
class Site:
    """One identity provider, ready to serve. `toolbox(plugin, now)` gives what a plug-in may use."""

    settings: IdPSettings
    clock: Clock
    store: Store
    directory: Directory
    federation: Federation
    methods: Mapping[str, Enabled]
    engine: Engine
    policy: Policy
    acquaintances: Acquaintances
    throttle: Throttle
    registrations: Registrations
    conversations: Conversations
    sessions: Sessions
    history: History
    cautions: Cautions
    not_me: NotMe
    participations: Participations
    logouts: Logouts
    trusted: TrustedBrowsers
    refusals: Refusals
    tickets: Tickets
    writer: ResponseWriter
    logout_writer: LogoutWriter
    signing_key: SigningKey
    decryption_keys: tuple[DecryptionKey, ...]
    expectations: Expectations
    tokens: FormTokens
    words: Words
    environment: Environment
    static_folders: Mapping[str, Path]
    audit: AuditLog
    metrics: Metrics
    log: Logger
    networks: LiveNetworks
    proxies: tuple[IPv4Network | IPv6Network, ...]
    service_provider_settings: Mapping[str, ServiceProvider]
    own_metadata: bytes
    toolbox: Callable[[str, datetime], Tools]
    close_directory: Callable[[], None]
    keeper: Keeper
    directory_writer: NamedWriter
    notices: Notices
    outbox: Outbox | None
    kept_pages: KeptPages = field(default_factory=KeptPages)
    unknown_addresses: Sparing = field(default_factory=Sparing)

    def tools(self, plugin: str) -> Tools:
        """Give a plug-in's tools for this moment, as its commands use them."""
        return self.toolbox(plugin, self.clock())

    def close(self) -> None:
        """Let go of connections and files."""
        self.close_directory()
        self.audit.close()
        self.metrics.close()
