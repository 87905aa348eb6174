"""A verified request as text, for the conversation in the store, and back (SAML Core 3.4.1)."""

import json
from functools import lru_cache
from typing import Any

from idp.core.clock import instant
from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.federation.service_provider import POST_BINDING, ServiceProvider
from idp.saml.model import AuthnRequest, Comparison, NameIDPolicy, RequestedAuthnContext
from idp.xml.datatypes import read_date_time

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def authn_request_to_json(authn_request: AuthnRequest) -> str:
    """Write the request as JSON. The service provider is named, not kept: it is looked up again at use."""
    context, policy = authn_request.requested_authn_context, authn_request.name_id_policy
    return _encode(
        {
            "id": authn_request.id,
            "entity_id": authn_request.service_provider.entity_id,
            "acs": authn_request.assertion_consumer_service_url,
            "binding": authn_request.binding,
            "issued": instant(authn_request.issue_instant),
            "relay_state": authn_request.relay_state,
            "force": authn_request.force_authn,
            "passive": authn_request.is_passive,
            "context": context and [context.comparison, *context.class_refs],
            "policy": policy and [policy.format, policy.sp_name_qualifier, policy.allow_create],
            "subject": authn_request.subject_name_id,
            "unsupported": authn_request.requester_asks_unsupported,
            "signed": authn_request.signed,
        }
    )


def entity_id_of(data: str | bytes) -> str:
    """Give the entityID that a request written by `authn_request_to_json` came from."""
    return str(_read_object(data)["entity_id"])


def authn_request_from_json(data: str | bytes, service_provider: ServiceProvider | None) -> AuthnRequest:
    """Read the request again with its service provider as the metadata says now.

    Raises ProtocolError: UNKNOWN_SERVICE where it has gone, ENDPOINT_UNKNOWN where its assertion consumer service has,
    REQUEST_MALFORMED where the text is not one that we wrote.
    """
    fields = _read_object(data)
    if service_provider is None or service_provider.entity_id != fields["entity_id"]:
        raise ProtocolError(Code.UNKNOWN_SERVICE, "the service provider is no longer in any metadata")
    endpoints = service_provider.assertion_consumer_services
    if not any(item.location == fields["acs"] and item.binding == POST_BINDING for item in endpoints):
        raise ProtocolError(Code.ENDPOINT_UNKNOWN, "the assertion consumer service is no longer in the metadata")
    try:
        return _from_fields(fields, service_provider)
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed() from error


def _from_fields(fields: dict[str, Any], service_provider: ServiceProvider) -> AuthnRequest:
    context, policy = fields["context"], fields["policy"]
    return AuthnRequest(
        id=fields["id"],
        service_provider=service_provider,
        assertion_consumer_service_url=fields["acs"],
        binding=fields["binding"],
        issue_instant=read_date_time(fields["issued"]),
        relay_state=fields["relay_state"],
        force_authn=fields["force"],
        is_passive=fields["passive"],
        requested_authn_context=context and RequestedAuthnContext(Comparison(context[0]), tuple(context[1:])),
        name_id_policy=policy and NameIDPolicy(*policy),
        subject_name_id=fields["subject"],
        requester_asks_unsupported=fields["unsupported"],
        signed=fields["signed"],
    )


@lru_cache(maxsize=256)  # each request of a login reads it twice; nobody changes what is given
def _read_object(data: str | bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except ValueError as error:
        raise _malformed() from error
    if not isinstance(fields, dict) or "entity_id" not in fields or "acs" not in fields:
        raise _malformed()
    return fields


def _malformed() -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, "not a request that was written here")
