"""What two parts of the configuration say of each other; no file is opened here."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from idp.core.errors import Problem
from idp.core.network import OUTSIDE
from idp.settings.model import IdPSettings, Listen


def find_contradictions(settings: IdPSettings, file: str) -> list[Problem]:
    """Give everything that names what is not there, or that cannot both hold."""
    found = [*_listeners(settings), *_networks(settings), *_methods(settings), *_releases(settings), *_state(settings)]
    return [Problem(file, key, what, remedy) for key, what, remedy in found]


_Found = Iterator[tuple[str, str, str]]


def split_address(text: str) -> tuple[str, int]:
    """Split `127.0.0.1:8443` or `[::1]:8443` into the address and the port. Raises ValueError."""
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    number = int(port)
    if not 0 < number < 65536 or (":" in bare and bare == host):
        raise ValueError(text)
    return str(ip_address(bare)), number


def _listeners(settings: IdPSettings) -> _Found:
    listen = settings.listen
    addresses = {"main": listen.main, "certificate": listen.certificate, "plain": listen.plain}
    yield from _addresses(addresses)
    if not any((listen.main, listen.plain, listen.socket)):
        yield "listen", "there is no address to serve", "Set listen.main, listen.plain or listen.socket"
    if (listen.main or listen.certificate) and not (listen.tls_certificate and listen.tls_key):
        yield "listen.tls_certificate", "TLS needs a certificate and its key", "Set tls_certificate and tls_key"
    yield from _certificate_address(settings)
    if not settings.site.base_url.startswith("https://"):
        yield "site.base_url", "browsers return Secure cookies to https only", "Begin it with https://"
    yield from _ports(listen)


def _certificate_address(settings: IdPSettings) -> _Found:
    listen = settings.listen
    if "clientcert" in settings.login.methods and not listen.certificate_url and listen.certificate:
        yield "listen.certificate_url", "browsers have to know the certificate listener's address", "Set it"
    if listen.certificate_url and listen.certificate_url == settings.site.base_url:
        yield "listen.certificate_url", "it is the main address", "Give it a name or a port of its own"
    if bool(listen.certificate_header) != bool(listen.verify_header):
        yield "listen.verify_header", "a certificate is believed with the proxy's word on it only", "Set both headers"
    if listen.certificate_header and not (listen.plain or listen.socket):
        yield "listen.certificate_header", "no proxy hands requests over", "Set listen.plain or listen.socket"
    if listen.certificate_header and listen.plain and not listen.proxies:
        yield "listen.proxies", "a certificate in a header is believed of a named proxy only", "Name its address"


def _addresses(addresses: dict[str, str | None]) -> _Found:
    for name, text in addresses.items():
        try:
            split_address(text or "127.0.0.1:1")
        except ValueError:
            yield (
                f"listen.{name}",
                f"{text!r} is not an address and a port",
                'Write it as "192.0.2.1:443" or "[::]:443"',
            )


def _ports(listen: Listen) -> _Found:
    ports = [text.rpartition(":")[2] for text in (listen.main, listen.certificate, listen.plain) if text]
    for port in sorted({port for port in ports if ports.count(port) > 1}):
        yield "listen", f"port {port} is used twice", "A request is told apart by its port: give each listener its own"


def _networks(settings: IdPSettings) -> _Found:
    if OUTSIDE in settings.networks:
        yield f"networks.{OUTSIDE}", "this name means everywhere that no network holds", "Choose another name"
    known = {*settings.networks, OUTSIDE}
    for number, rule in enumerate(settings.login.rules):
        for name in _unknown(rule.networks, known):
            yield f"login.rules[{number}].networks", f"there is no network {name!r}", f"Choose of {_listed(known)}"


def _methods(settings: IdPSettings) -> _Found:
    enabled = set(settings.login.methods)
    if len(enabled) < len(settings.login.methods):
        yield "login.methods", "a method is named twice", "Name each once, in the order they are offered"
    known = {item.uri for item in settings.login.authn_contexts}
    for number, item in enumerate(settings.login.authn_contexts):
        for name in _unknown(item.methods, enabled):
            yield f"login.authn_contexts[{number}].methods", f"{name!r} is not in login.methods", "Add it there"
    for number, rule in enumerate(settings.login.rules):
        for uri in _unknown(rule.authn_contexts, known):
            yield f"login.rules[{number}].authn_contexts", f"{uri!r} is not in login.authn_contexts", "Add it there"
    yield from _ways(settings)


def _ways(settings: IdPSettings) -> _Found:
    begins, used = set(settings.login.methods), set(settings.login.methods)
    for number, rule in enumerate(settings.login.rules):
        key = f"login.rules[{number}].ways"
        for way in rule.ways:
            used |= set(way)
            for name in _unknown(way, settings.methods):
                yield key, f"the method {name!r} is not enabled", f"Add a table [plugins.{name}], or correct the name"
            if begins.isdisjoint(way):
                yield key, f"{_listed(way)} says nobody's name", "Begin it with a method of login.methods"
            if len(set(way)) < len(way):
                yield key, f"{_listed(way)} names a method twice", "Name each once"
    for name in _unknown(settings.plugins, used):
        remedy = "Add it to login.methods or to the ways of a rule, or remove the table"
        yield f"plugins.{name}", "this method is not used", remedy


def _releases(settings: IdPSettings) -> _Found:
    known = {*settings.attributes}
    for number, rule in enumerate(settings.release):
        for name in _unknown((*rule.attributes, *rule.values), known):
            yield (
                f"release[{number}].attributes",
                f"there is no attribute {name!r}",
                "Add a table [attributes.…] for it",
            )
        if not (rule.any_service_provider or rule.service_providers or rule.entity_categories):
            yield (
                f"release[{number}]",
                "it names nobody",
                "Set service_providers, entity_categories or any_service_provider",
            )
    for name, attribute in settings.attributes.items():
        if not attribute.source and not attribute.value:
            yield (
                f"attributes.{name}",
                "it has no values",
                "Set `source`, or `value`, or `value` for who has no `source`",
            )


def _state(settings: IdPSettings) -> _Found:
    if (settings.store.path is None) == (not settings.store.redis):
        yield "store", "state is kept in one place", "Set store.path (one machine) or store.redis (several)"
    if settings.directory.bind_dn and settings.directory.bind_password_file is None:
        yield "directory.bind_password_file", "bind_dn needs its password", "Name a file that holds it, mode 0600"
    if settings.directory.enrol_dn and settings.directory.enrol_password_file is None:
        yield "directory.enrol_password_file", "enrol_dn needs its password", "Name a file that holds it, mode 0600"
    if settings.mail is not None and bool(settings.mail.username) != (settings.mail.password_file is not None):
        yield "mail.password_file", "a user name and a password belong together", "Set username and password_file"
    if "{username}" not in settings.directory.user_filter:
        yield (
            "directory.user_filter",
            "it would find the same entry for everybody",
            "Put {username} where the name goes",
        )


def _unknown(names: Iterable[str], known: Iterable[str]) -> list[str]:
    return sorted(set(names) - set(known))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))
