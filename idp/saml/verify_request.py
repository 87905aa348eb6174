"""From an unverified AuthnRequest to one that may be acted on; every rule is ours (design decision 1).

Replay is not judged here: the store knows.
"""

from collections.abc import Callable
from datetime import datetime

from saml2 import samlp

from idp.core.codes import Code
from idp.core.errors import ProtocolError, WarifuError
from idp.federation.service_provider import POST_BINDING, REDIRECT_BINDING, ServiceProvider
from idp.saml import conditions
from idp.saml.conditions import Expectations
from idp.saml.consumer_service import find_consumer_service
from idp.saml.message import as_object, check_shape, issuer_of, without_comments
from idp.saml.model import AuthnRequest, QuerySignature, UnverifiedAuthnRequest
from idp.saml.wishes import read_name_id_policy, read_requested_authn_context, read_subject_name_id
from idp.xml.octets import verify_octets
from idp.xml.parse import MESSAGE, Element, parse, text_of
from idp.xml.verify import is_signed, verify_enveloped

FindServiceProvider = Callable[[str], ServiceProvider | None]


def verify_authn_request(
    unverified: UnverifiedAuthnRequest, *, find: FindServiceProvider, expectations: Expectations, now: datetime
) -> AuthnRequest:
    """Give the request as its verified octets tell it.

    Raises ProtocolError with the code of the first rule that is broken; DependencyError of `find` passes through.
    """
    try:
        return _verify(unverified, find, expectations, now)
    except WarifuError:
        raise
    except Exception as error:  # the boundary: whatever a hostile message provokes is its own fault
        raise ProtocolError(Code.REQUEST_MALFORMED, f"{type(error).__name__} while it was read") from error


def _verify(
    unverified: UnverifiedAuthnRequest, find: FindServiceProvider, expectations: Expectations, now: datetime
) -> AuthnRequest:
    conditions.check_relay_state(unverified.relay_state, strict=expectations.strict_relay_state)
    root = parse(unverified.xml, MESSAGE)
    check_shape(root)
    conditions.check_version(root.get("Version"))
    claimed = _read_issuer(root)
    service_provider = find(claimed)
    if service_provider is None:
        raise ProtocolError(Code.UNKNOWN_SERVICE, "the issuer is not in any metadata")
    verified = _verify_signature(unverified, root, service_provider, expectations)
    check_shape(verified)
    if _read_issuer(verified) != service_provider.entity_id:
        raise ProtocolError(Code.SIGNATURE_INVALID, "the verified issuer is another")
    signed = _has_signature(unverified, root)
    return _read(as_object(verified), unverified, service_provider, expectations, now, signed=signed)


def _read_issuer(root: Element) -> str:
    issuer = issuer_of(root)
    return conditions.check_issuer(text_of(issuer), issuer.get("Format"))


def _has_signature(unverified: UnverifiedAuthnRequest, root: Element) -> bool:
    return unverified.query_signature is not None or is_signed(root)


def _verify_signature(
    unverified: UnverifiedAuthnRequest,
    root: Element,
    service_provider: ServiceProvider,
    expectations: Expectations,
) -> Element:
    """Give the element to read from: what was verified, where a signature is there or is due (SDP-IDP04, IDP05)."""
    allow_sha1 = service_provider.entity_id in expectations.allow_sha1
    keys = service_provider.signing_keys
    if not _has_signature(unverified, root):
        if service_provider.authn_requests_signed:
            raise ProtocolError(Code.SIGNATURE_MISSING, "the metadata says that requests are signed")
        return without_comments(root, unverified.xml)
    if unverified.binding == POST_BINDING:
        return verify_enveloped(root, keys, allow_sha1=allow_sha1)
    if unverified.binding != REDIRECT_BINDING:
        raise ProtocolError(Code.BINDING_UNSUPPORTED, "a signature of an unknown binding")
    if is_signed(root) or unverified.query_signature is None:
        raise ProtocolError(Code.SIGNATURE_INVALID, "a Redirect message with a signature inside")
    _verify_query(unverified.query_signature, keys, allow_sha1=allow_sha1)
    return without_comments(root, unverified.xml)


def _verify_query(signature: QuerySignature, keys: tuple[bytes, ...], *, allow_sha1: bool) -> None:
    verify_octets(signature.signed, signature.algorithm, signature.value, keys, allow_sha1=allow_sha1)


def _read(
    message: samlp.AuthnRequest,
    unverified: UnverifiedAuthnRequest,
    service_provider: ServiceProvider,
    expectations: Expectations,
    now: datetime,
    *,
    signed: bool,
) -> AuthnRequest:
    conditions.check_version(message.version)
    request_id = conditions.check_id(message.id)
    tolerance = expectations.tolerance(service_provider.entity_id)
    issue_instant = conditions.check_issue_instant(message.issue_instant, tolerance, now)
    ours = expectations.destinations.get(unverified.binding, frozenset())
    conditions.check_destination(message.destination, ours, signed=signed)
    endpoint = find_consumer_service(
        service_provider, message.assertion_consumer_service_url, message.assertion_consumer_service_index
    )
    return AuthnRequest(
        id=request_id,
        service_provider=service_provider,
        assertion_consumer_service_url=endpoint.location,
        binding=unverified.binding,
        issue_instant=issue_instant,
        relay_state=unverified.relay_state,
        force_authn=conditions.check_flag("ForceAuthn", message.force_authn),
        is_passive=conditions.check_flag("IsPassive", message.is_passive),
        requested_authn_context=read_requested_authn_context(message),
        name_id_policy=read_name_id_policy(message),
        subject_name_id=read_subject_name_id(message),
        requester_asks_unsupported=_unsupported_binding(message.protocol_binding),
        signed=signed,
    )


def _unsupported_binding(protocol_binding: str | None) -> str | None:
    return None if protocol_binding in {None, POST_BINDING} else protocol_binding
