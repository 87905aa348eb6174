"""Whether a verified request can be met; where not, the service provider is told (SAML Core 3.2.2.2; IIP-IDP05)."""

from collections.abc import Collection

from idp.core.codes import Code
from idp.core.errors import StatusError
from idp.saml.model import AuthnRequest

UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"


def require_supported(authn_request: AuthnRequest, our_name_id_formats: Collection[str]) -> None:
    """Raise StatusError where the request asks for what we never do.

    Responder/UnsupportedBinding for an answer by another binding than POST (A-35); Requester/InvalidNameIDPolicy for
    a Format outside `our_name_id_formats` or another service provider's SPNameQualifier (IIP-IDP10).
    """
    if authn_request.requester_asks_unsupported is not None:
        raise StatusError(Code.BINDING_UNSUPPORTED, "Responder", "UnsupportedBinding", "ProtocolBinding is not POST")
    policy = authn_request.name_id_policy
    if policy is None:
        return
    if policy.format not in {None, UNSPECIFIED} and policy.format not in our_name_id_formats:
        raise _invalid_policy("a NameID format that we do not have")
    if policy.sp_name_qualifier not in {None, authn_request.service_provider.entity_id}:
        raise _invalid_policy("another service provider's SPNameQualifier")


def _invalid_policy(detail: str) -> StatusError:
    return StatusError(Code.NAME_ID_POLICY, "Requester", "InvalidNameIDPolicy", detail)
