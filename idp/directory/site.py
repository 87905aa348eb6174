"""The directory of a site, made from its settings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from stat import S_IMODE

from idp.core.clock import Clock
from idp.core.codes import Code
from idp.core.errors import ConfigError, Problem
from idp.core.secret import Secret
from idp.directory.address import ServerAddress, parse_address
from idp.directory.credentials import LDAPCredentials
from idp.directory.keeper import LDAPKeeper
from idp.directory.people import Directory
from idp.directory.pool import Bulkhead, Pool, Server, ServiceAccount
from idp.directory.transport import make_context
from idp.directory.watchdog import Watchdog
from idp.directory.writer import NamedWriter
from idp.seal import Sealer
from idp.settings.model import Directory as DirectorySettings
from idp.store import Store

LISTING_SECONDS = 600.0
"""How long a listing of everybody may take; only administrators' commands make one."""


@dataclass(frozen=True, slots=True)
class DirectorySite:
    """What the rest of the program has of the directory; opens no connection before it is asked something."""

    people: Directory
    credentials: LDAPCredentials
    keeper: LDAPKeeper
    writer: NamedWriter
    pools: tuple[Pool, ...]

    def close(self) -> None:
        """End all idle connections."""
        for pool in self.pools:
            pool.close()


def open_directory(
    settings: DirectorySettings,
    sealer: Sealer,
    clock: Clock,
    *,
    wanted: Iterable[str] = (),
    store: Store | None = None,
) -> DirectorySite:
    """Make people and credentials; `wanted` are the attributes that something releases. Raises ConfigError.

    At most `settings.connections` callers of a process wait for the directory at once. In `store` stands which server
    is written, if it was moved. While that one is away and others are not, nothing can be recorded (D102).
    """
    context = _context(settings.ca)
    servers = [_server(uri, settings, context) for uri in settings.uris]
    named = NamedWriter(settings, store, clock)
    by_uri = {server.address.uri: server for server in servers}
    by_uri |= {uri: _server(uri, settings, context) for uri in named.known - set(by_uri)}
    bulkhead, watchdog = Bulkhead(settings.connections), Watchdog()
    has_others = len(by_uri) > 1

    def pool(members: list[Server] | Callable[[], list[Server]], account: ServiceAccount | None) -> Pool:
        away = Code.DIRECTORY_READ_ONLY if callable(members) and has_others else Code.DIRECTORY_DOWN
        seconds = settings.timeout_seconds
        return Pool(members, account, bulkhead=bulkhead, watchdog=watchdog, timeout_seconds=seconds, away=away)

    def writer() -> list[Server]:
        return [by_uri[named.current().uri]]

    account = read_account("bind", settings.bind_dn, settings.bind_password_file)
    enrol_account = read_account("enrol", settings.enrol_dn, settings.enrol_password_file) or account
    service, binds = pool(servers, account), pool(servers, None)
    at_writer = pool(writer, account) if has_others else service
    enrol = at_writer if enrol_account is account else pool(writer, enrol_account)
    listing = Pool(writer, account, bulkhead=Bulkhead(1), watchdog=watchdog, timeout_seconds=LISTING_SECONDS)
    credentials = LDAPCredentials(at_writer, enrol, sealer, settings.id_attribute, named)
    return DirectorySite(
        Directory(settings, service, binds, clock, wanted),
        credentials,
        LDAPKeeper(listing, enrol, credentials, sealer, settings),
        named,
        tuple(dict.fromkeys((service, binds, at_writer, enrol, listing))),
    )


def open_pool(settings: DirectorySettings, account: ServiceAccount | None, uri: str = "") -> Pool:
    """Give connections for an administrator's command, to the writer if no `uri` is said. Raises ConfigError."""
    server = _server(uri or settings.writer or settings.uris[0], settings, _context(settings.ca))
    return Pool(
        [server], account, bulkhead=Bulkhead(1), watchdog=Watchdog(), timeout_seconds=10 * settings.timeout_seconds
    )


def _server(uri: str, settings: DirectorySettings, context: SSLContext) -> Server:
    address: ServerAddress = parse_address(uri, start_tls=settings.start_tls)
    return Server(address, context if address.start_tls or address.tls_from_start else None)


def _context(ca: Path | None) -> SSLContext:
    try:
        return make_context(ca)
    except OSError as error:
        raise ConfigError(
            [Problem(str(ca), "", f"is no certificate authority ({error.strerror or error})", "Give a PEM file")]
        ) from error


def read_account(key: str, dn: str, password_file: Path | None) -> ServiceAccount | None:
    """Read an account's password from its file, never from the configuration itself."""
    if not dn:
        return None
    if password_file is None:
        raise ConfigError([_problem(key, "is not given", "Name a file that holds the password")])
    try:
        mode, text = S_IMODE(password_file.stat().st_mode), password_file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise ConfigError([_problem(key, f"cannot be read ({error.strerror})", "Name a file that can")]) from error
    if mode & 0o007:
        raise ConfigError([_problem(key, f"{password_file} can be read by everybody", "Take the right away")])
    if not text:
        raise ConfigError([_problem(key, f"{password_file} is empty", "Write the password into it")])
    return ServiceAccount(dn, Secret(text))


def _problem(key: str, what: str, remedy: str) -> Problem:
    return Problem("idp.toml", f"directory.{key}_password_file", what, remedy)
