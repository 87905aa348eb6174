"""From an unverified AuthnRequest to one that may be acted on; every rule is ours (design decision 1).

Replay is not judged here: the store knows.
"""

from datetime import datetime

from saml2 import samlp

from idp.core.codes import Code
from idp.core.errors import ProtocolError, WarifuError
from idp.federation.service_provider import POST_BINDING, ServiceProvider
from idp.saml import conditions
from idp.saml.conditions import Expectations
from idp.saml.consumer_service import find_consumer_service
from idp.saml.message import AUTHN_REQUEST, as_object
from idp.saml.model import AuthnRequest, UnverifiedMessage
from idp.saml.verify_message import FindServiceProvider, verify_message
from idp.saml.wishes import read_name_id_policy, read_requested_authn_context, read_subject_name_id


def verify_authn_request(
    unverified: UnverifiedMessage, *, find: FindServiceProvider, expectations: Expectations, now: datetime
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
    unverified: UnverifiedMessage, find: FindServiceProvider, expectations: Expectations, now: datetime
) -> AuthnRequest:
    verified = verify_message(unverified, AUTHN_REQUEST, find=find, expectations=expectations)
    message = as_object(verified.root)
    return _read(message, unverified, verified.service_provider, expectations, now, signed=verified.signed)


def _read(
    message: samlp.AuthnRequest,
    unverified: UnverifiedMessage,
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
