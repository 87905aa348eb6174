"""Whether what is secret stays on this machine or in TLS, and what an operator has opened on purpose."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from idp.core.errors import Problem
from idp.settings.consistency import split_address
from idp.settings.model import IdPSettings, ServiceProvider


def find_address_problems(settings: IdPSettings, file: str) -> list[Problem]:
    """Give every way on which passwords, assertions or addresses would be open to others."""
    return [Problem(file, key, what, remedy) for key, what, remedy in _open_ways(settings)]


def _open_ways(settings: IdPSettings) -> "_Found":
    yield from _directory(settings)
    yield from _plain(settings)
    yield from _mail(settings)


def find_opened(settings: IdPSettings) -> list[str]:
    """Give what is weaker than it might be because the configuration says so; each is named at start."""
    found = [f"service provider {sp.entity_id}: {what}" for sp in settings.service_provider for what in _weakened(sp)]
    if settings.metadata.allow_loopback_http and not _is_loopback(urlsplit(settings.site.base_url).hostname or ""):
        found.append("metadata.allow_loopback_http: answers may go to http://localhost; for demonstrations only")
    if not settings.audit.required:
        found.append("audit.required: assertions are issued even when they cannot be written down")
    if settings.mail is None:
        found.append("mail: not configured: nobody is told when an app is registered, replaced or reset")
    if not settings.release:
        found.append("release: no rule: service providers get no attributes")
    return found


def _weakened(sp: ServiceProvider) -> Iterator[str]:
    if sp.allow_sha1:
        yield "SHA-1 signatures are accepted (allow_sha1)"
    if sp.allow_cbc:
        yield "assertions are encrypted with CBC (allow_cbc)"
    if sp.allow_unencrypted:
        yield "assertions may go unencrypted (allow_unencrypted)"


_Found = Iterator[tuple[str, str, str]]


def _directory(settings: IdPSettings) -> _Found:
    directory = settings.directory
    for key, uris in (("directory.uris", directory.uris), ("directory.writer", (directory.writer,))):
        for uri in uris:
            if not uri and key == "directory.writer":
                continue
            parts = urlsplit(uri)
            if parts.scheme not in ("ldap", "ldaps", "ldapi"):
                yield key, f"{uri!r} is not an LDAP address", "Write ldaps://host, ldap://host or ldapi://path"
            elif parts.scheme == "ldap" and not directory.start_tls and not _is_loopback(parts.hostname or ""):
                yield (
                    key,
                    f"passwords would go to {uri} in the clear",
                    "Set directory.start_tls = true, or use ldaps://",
                )
    redis = urlsplit(settings.store.redis)
    if redis.scheme == "redis" and not _is_loopback(redis.hostname or ""):
        yield "store.redis", "sessions would go to Redis in the clear", "Use rediss://"


def _mail(settings: IdPSettings) -> _Found:
    mail = settings.mail
    if mail is not None and mail.tls == "none" and not _is_loopback(mail.server):
        yield "mail.tls", f"mail would go to {mail.server} in the clear", 'Set "starttls" or "tls"'


def _plain(settings: IdPSettings) -> _Found:
    listen = settings.listen
    if listen.plain and not _is_loopback(split_address(listen.plain)[0]):
        yield (
            "listen.plain",
            f"{listen.plain} would serve passwords in the clear",
            "Listen on 127.0.0.1, behind a proxy",
        )
    if listen.plain and not listen.proxies:
        yield "listen.proxies", "the plain listener believes nobody", 'Name the proxy, e.g. ["127.0.0.1/32", "::1/128"]'
    for item in listen.proxies:
        if ipaddress.ip_network(item).prefixlen == 0:
            yield "listen.proxies", f"{item} makes everybody a proxy", "Name the proxy's own address"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
