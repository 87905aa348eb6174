"""By which name a person is known to a service provider."""

import secrets

from idp.attributes.model import TRANSIENT, NameID

FORMATS = (TRANSIENT,)
"""The formats that we can make; a NameIDPolicy that asks for another is refused (`idp.saml.supported`)."""

RANDOM_BYTES = 16


def transient_name_id(idp_entity_id: str, sp_entity_id: str) -> NameID:
    """Make a name that is new each time, tells nothing and is a valid xs:ID (SAML Core 8.3.8, IIP-SSO05)."""
    return NameID("_" + secrets.token_hex(RANDOM_BYTES), TRANSIENT, idp_entity_id, sp_entity_id)
