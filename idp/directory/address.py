"""The addresses of directory servers, and what may go over which of them."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from idp.core.errors import ConfigError, Problem

_PORTS = {"ldap": 389, "ldaps": 636}


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """One directory server; `socket_path` stands for ldapi."""

    uri: str
    host: str = ""
    port: int = 0
    tls_from_start: bool = False
    start_tls: bool = False
    socket_path: str = ""

    @property
    def is_local(self) -> bool:
        """Whether nobody between can listen: loopback or a local socket."""
        return bool(self.socket_path) or _is_loopback(self.host)


def parse_address(uri: str, *, start_tls: bool) -> ServerAddress:
    """Read `ldap://`, `ldaps://` or `ldapi://`; raises ConfigError.

    Passwords never go unprotected over a network: `ldap` without StartTLS is refused but on loopback
    (security.md W-05, D1).
    """
    parts = urlsplit(uri)
    if parts.scheme == "ldapi":
        return ServerAddress(uri, socket_path=unquote(parts.netloc) or parts.path)
    try:
        port = _PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        port = 0
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or not port or parts.path.strip("/") or parts.query:
        raise _problem(f"{uri!r} is not an address", "Write ldap://host:port, ldaps://host:port or ldapi://path")
    secure = parts.scheme == "ldaps"
    address = ServerAddress(uri, host, port, tls_from_start=secure, start_tls=start_tls and not secure)
    if not (secure or address.start_tls or address.is_local):
        raise _problem(f"{uri!r} would carry passwords in clear", "Use ldaps:// or start_tls = true")
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _problem(what: str, remedy: str) -> ConfigError:
    return ConfigError([Problem("idp.toml", "directory.uris", what, remedy)])
