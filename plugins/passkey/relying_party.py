"""Who we are to browsers and authenticators: the relying party's id and the one origin (WebAuthn Level 3, 5.1.2)."""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from idp.plugin import SiteFacts


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """`id` is a domain, `origin` the address of our pages (related origins are none of ours), `name` is for people."""

    id: str
    origin: str
    name: str

    @property
    def id_hash(self) -> bytes:
        """What authenticators sign instead of the id."""
        return sha256(self.id.encode("ascii")).digest()

    @property
    def is_ours(self) -> bool:
        """Say whether browsers will let this origin use this id: its own host, or a domain above it."""
        host = urlsplit(self.origin).hostname or ""
        return host == self.id or (host.endswith(f".{self.id}") and "." in self.id)


def relying_party(rp_id: str, site: SiteFacts) -> RelyingParty:
    """Give the relying party that `rp_id` names, the host of the site's address where it is empty."""
    parts = urlsplit(site.base_url)
    name = next(iter(site.names.values()), parts.netloc)
    return RelyingParty(rp_id or parts.hostname or "", f"{parts.scheme}://{parts.netloc}", name)
