"""The client certificate page, from which the one-time password app is one button away."""

from idp.plugin import Ask, Code, Outcome, Skipped, Tools, Visit
from plugins.clientcert.settings import ClientCertificateSettings


class ClientCertificateMethod:
    """Asks for the certificate; a button pressed is never evidence of one (security.md R-05)."""

    def __init__(self, settings: ClientCertificateSettings) -> None:
        self._settings = settings

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Show the page, or step aside for who is not known to have a certificate."""
        if self._settings.ask == "when-known" and not self._is_known(visit, tools):
            return Skipped()
        return Ask("certificate")

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Stay on the page: no certificate was received on this request."""
        return Ask("certificate", problem=Code.NO_CERTIFICATE)

    def _is_known(self, visit: Visit, tools: Tools) -> bool:
        if visit.subject is None:
            return False
        name = self._settings.known_attribute.lower()
        attributes = tools.people.attributes(visit.subject)
        return any(key.partition(";")[0] == name for key in attributes)
