"""Settings of the client certificate method, `[plugins.clientcert]`."""

from pathlib import Path
from typing import Literal

from idp.plugin import Field, Group, Settings

Match = Literal["mail", "upn", "serial", "certificate", "hash"]
Revocation = Literal["required", "soft", "off"]

ATTRIBUTES: dict[Match, str] = {
    "mail": "mail",
    "upn": "userPrincipalName",
    "serial": "employeeNumber",
    "certificate": "userCertificate;binary",
    "hash": "",
}
"""Where the directory keeps what a certificate says, if the configuration does not name it."""


class AuthoritySettings(Group):
    """Whose certificates are accepted, how revocation is known, and which entry a certificate belongs to.

    `ca` (PEM) holds the certificates that are trusted, a root's or an issuing authority's own; `intermediates` what a
    browser may leave out. `match` says what of a certificate is looked for in `attribute`: the e-mail address or the
    user principal name among its alternative names, the serial number in its subject, the certificate itself octet for
    octet, or the SHA-256 of it in lower-case hexadecimal.
    """

    name: str = Field(min_length=1)
    ca: Path
    intermediates: Path | None = None
    crls: tuple[Path, ...] = ()
    revocation: Revocation = "required"
    match: Match = "mail"
    attribute: str = Field(default="", pattern=r"^([A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*)?$")

    @property
    def matched_attribute(self) -> str:
        """The attribute that is looked in."""
        return self.attribute or ATTRIBUTES[self.match]


class ClientCertificateSettings(Settings):
    """Whom to show the page: everybody, or only those whose entry has `known_attribute`; whose certificates count."""

    ask: Literal["always", "when-known"] = "when-known"
    known_attribute: str = "userCertificate"
    authorities: tuple[AuthoritySettings, ...] = ()
