"""Settings of the client certificate method, `[plugins.clientcert]`."""

from typing import Literal

from idp.plugin import Settings


class ClientCertificateSettings(Settings):
    """Whom to show the page: everybody, or only those whose entry has `known_attribute`."""

    ask: Literal["always", "when-known"] = "when-known"
    known_attribute: str = "userCertificate"
