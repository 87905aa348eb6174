"""The judgement of one answer: verified, decrypted, meant for this request and this browser; then what it says."""

import base64
import binascii
import logging
from dataclasses import replace

from saml2 import BINDING_HTTP_POST, saml, samlp
from saml2.client import Saml2Client
from saml2.response import AuthnResponse, StatusError
from saml2.xmldsig import SIG_RSA_SHA256, SIG_RSA_SHA384, SIG_RSA_SHA512

from idp.mfatest.client import NETWORK_ATTRIBUTE
from idp.mfatest.result import REFEDS_MFA, Refusal, Result, ShownAttribute

LARGEST_ANSWER = 256 * 1024
SIGNATURES = {SIG_RSA_SHA256, SIG_RSA_SHA384, SIG_RSA_SHA512}
PRINCIPAL_NAME = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6"
UID = "urn:oid:0.9.2342.19200300.100.1.1"

REFUSALS = {
    samlp.STATUS_NO_AUTHN_CONTEXT: Refusal.NO_AUTHN_CONTEXT,
    samlp.STATUS_AUTHN_FAILED: Refusal.AUTHN_FAILED,
    samlp.STATUS_NO_PASSIVE: Refusal.NO_PASSIVE,
    samlp.STATUS_REQUEST_DENIED: Refusal.REQUEST_DENIED,
    samlp.STATUS_INVALID_NAMEID_POLICY: Refusal.NAME_ID,
    samlp.STATUS_REQUESTER: Refusal.REQUESTER,
    samlp.STATUS_VERSION_MISMATCH: Refusal.REQUESTER,
}

log = logging.getLogger(__name__)


def judge(client: Saml2Client, saml_response: str, pending: tuple[str, ...]) -> Result:
    """Judge the field SAMLResponse as it was posted; `pending` are the IDs this browser asked with."""
    try:
        answer = _read(saml_response)
        if answer.in_response_to not in pending:
            return Result(Refusal.STALE)
        return replace(_judge(client, saml_response, answer), in_response_to=answer.in_response_to)
    except Exception as error:  # noqa: BLE001 - whatever pysaml2 raises, an answer that cannot be verified is none
        log.warning("an answer was not accepted: %s: %s", type(error).__name__, error)
        return Result(Refusal.UNVERIFIED)


def _judge(client: Saml2Client, saml_response: str, answer: samlp.Response) -> Result:
    _check_algorithm(answer)
    try:
        verified = client.parse_authn_request_response(
            saml_response, BINDING_HTTP_POST, outstanding={answer.in_response_to: "/"}
        )
    except StatusError:
        return _refused(answer.status)  # the signature was verified before the status was read
    return _shown(_trusted(verified, answer))


def _read(saml_response: str) -> samlp.Response:
    """Read the message to know what it answers; nothing in it is believed yet."""
    try:
        answer: samlp.Response | None = samlp.response_from_string(base64.b64decode(saml_response, validate=True))
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if answer is None:
        raise ValueError("not a Response")
    return answer


def _trusted(verified: AuthnResponse | None, answer: samlp.Response) -> saml.Assertion:
    """Check what pysaml2 leaves open: that there is an assertion, that it came encrypted, and how it was signed."""
    assertions: list[saml.Assertion] = verified.assertions if verified is not None else []
    if len(assertions) != 1:
        raise ValueError("no single assertion came out of it")
    if not answer.encrypted_assertion or answer.assertion:
        raise ValueError("the assertion was not encrypted")
    _check_algorithm(assertions[0])
    return assertions[0]


def _check_algorithm(signed: samlp.Response | saml.Assertion) -> None:
    if signed.signature is None or signed.signature.signed_info.signature_method.algorithm not in SIGNATURES:
        raise ValueError("no signature, or one of a kind that is not accepted")


def _shown(assertion: saml.Assertion) -> Result:
    context = assertion.authn_statement[0].authn_context.authn_context_class_ref.text.strip()
    attributes = _attributes(assertion)
    values = {attribute.name: attribute.values for attribute in attributes}
    result = Result(
        person=_first(values, PRINCIPAL_NAME) or _first(values, UID) or (assertion.subject.name_id.text or "").strip(),
        authn_context=context,
        network=_first(values, NETWORK_ATTRIBUTE),
        attributes=tuple(attribute for attribute in attributes if attribute.name != NETWORK_ATTRIBUTE),
    )
    return result if context == REFEDS_MFA else replace(result, refusal=Refusal.WEAKER)


def _attributes(assertion: saml.Assertion) -> tuple[ShownAttribute, ...]:
    return tuple(
        ShownAttribute(
            name=attribute.name,
            label=attribute.friendly_name or attribute.name,
            values=tuple((value.text or "").strip() for value in attribute.attribute_value),
        )
        for statement in assertion.attribute_statement
        for attribute in statement.attribute
    )


def _refused(status: samlp.Status) -> Result:
    codes: list[str] = []
    code = status.status_code
    while code is not None and len(codes) < 4:
        codes.append(code.value)
        code = code.status_code
    known = (REFUSALS[each] for each in reversed(codes) if each in REFUSALS)
    message = (status.status_message.text or "").strip() if status.status_message is not None else ""
    return Result(next(known, Refusal.RESPONDER), status_codes=tuple(codes), status_message=message)


def _first(values: dict[str, tuple[str, ...]], name: str) -> str:
    return next(iter(values.get(name, ())), "")
