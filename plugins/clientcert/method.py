"""The client certificate page: the browser goes to the certificate listener, and comes back with what was seen."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from idp.plugin import (
    Ask,
    Code,
    ConfigError,
    Factor,
    Listener,
    Outcome,
    Problem,
    Proof,
    Proved,
    Refused,
    SendTo,
    Skipped,
    Tools,
    Visit,
)
from plugins.clientcert.authority import Authority, load_authority
from plugins.clientcert.judgement import judge
from plugins.clientcert.revocation import is_current, is_signed_by
from plugins.clientcert.settings import ClientCertificateSettings

TABLE = "plugins.clientcert"


class ClientCertificateMethod:
    """Knows the person by a certificate; a button pressed is never evidence of one (security.md R-05)."""

    def __init__(self, settings: ClientCertificateSettings) -> None:
        """Read the authorities' files. Raises ConfigError."""
        self._settings = settings
        self._authorities = _load(settings)

    @property
    def reads(self) -> Sequence[str]:
        """Give what tells that somebody has a certificate."""
        return (self._settings.known_attribute,)

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Show the page, or step aside for who is not known to have a certificate."""
        if self._settings.ask == "when-known" and not self._is_known(visit, tools):
            return Skipped()
        return Ask("certificate")

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Send the browser to the certificate listener; judge what was seen when it is back.

        Every refusal stays on the page, where the app is one button away (security.md R-16).
        """
        if visit.subject is None:
            return Refused(Code.CERTIFICATE_NOT_READY)
        if not self._authorities:
            return Ask("certificate", problem=Code.CERTIFICATE_NOT_READY)
        if visit.certificate is None:
            return SendTo(Listener.CERTIFICATE)
        refusal = judge(visit.certificate, visit.subject, self._authorities, tools)
        if refusal is not None:
            return Ask("certificate", problem=refusal)
        return Proved(visit.subject, Proof("clientcert", frozenset({Factor.POSSESSION}), tools.now))

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Say what is missing: an address to ask at, an authority, lists of today."""
        return list(self._problems(tools))

    def _problems(self, tools: Tools) -> Iterator[Problem]:
        if not tools.site.certificate_url:
            remedy = "Set it, with listen.certificate or with the proxy's listen.certificate_header"
            yield Problem("idp.toml", "listen.certificate_url", "browsers have nowhere to show a certificate", remedy)
        if not self._authorities:
            remedy = "Add a table [[plugins.clientcert.authorities]], or take clientcert from login.methods"
            yield Problem("idp.toml", f"{TABLE}.authorities", "nobody's certificates are accepted", remedy)
        for authority in self._authorities:
            yield from _list_problems(authority, tools)

    def _is_known(self, visit: Visit, tools: Tools) -> bool:
        if visit.subject is None:
            return False
        name = self._settings.known_attribute.lower()
        attributes = tools.people.attributes(visit.subject)
        return any(key.partition(";")[0] == name for key in attributes)


def _load(settings: ClientCertificateSettings) -> tuple[Authority, ...]:
    authorities: list[Authority] = []
    problems: list[Problem] = []
    for each in settings.authorities:
        try:
            authorities.append(load_authority(each))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return tuple(authorities)


def _list_problems(authority: Authority, tools: Tools) -> Iterator[Problem]:
    if authority.lists.revocation == "required" and not authority.lists.files:
        remedy = 'Name its lists, or set revocation = "off" if certificates are taken back otherwise'
        yield Problem("idp.toml", f"{TABLE}.authorities ({authority.name})", "no list of revoked certificates", remedy)
    for file in authority.lists.files if authority.lists.revocation != "off" else ():
        what = _fault_of(file, authority, tools)
        if what:
            yield Problem(str(file), "", what, f"Put the list of {authority.name} of today there")


def _fault_of(file: Path, authority: Authority, tools: Tools) -> str:
    crl = authority.lists.list_in(file)
    if crl is None:
        return "is no list of revoked certificates that can be read"
    if not any(is_signed_by(crl, each) for each in (*authority.anchors, *authority.intermediates)):
        return "is signed by no authority of this row"
    return "" if is_current(crl, tools.now) else f"is not of today (its end was {crl.next_update_utc})"
