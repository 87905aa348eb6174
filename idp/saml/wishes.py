"""What a verified AuthnRequest asks for, in our own values (SAML Core 3.4.1, 3.3.2.2.1, 3.4.1.1)."""

from saml2 import saml, samlp

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.saml.conditions import check_flag
from idp.saml.model import Comparison, NameIDPolicy, RequestedAuthnContext

DECLARATION = "urn:x-warifu:declaration-reference"
"""Stands for each AuthnContextDeclRef: a class that nobody can prove."""
ENCRYPTED_SUBJECT = "\ufffdencrypted"
"""Stands for a Subject that is not a plain NameID: nobody has this name identifier."""

_MOST_CLASS_REFS = 64


def read_requested_authn_context(message: samlp.AuthnRequest) -> RequestedAuthnContext | None:
    """Give the classes asked for, in order, without white space around them."""
    requested = message.requested_authn_context
    if requested is None:
        return None
    try:
        comparison = Comparison(requested.comparison or Comparison.EXACT)
    except ValueError as error:
        raise _malformed("RequestedAuthnContext: no such Comparison") from error
    class_refs = [_text(ref.text) for ref in requested.authn_context_class_ref]
    class_refs += [DECLARATION for _ in requested.authn_context_decl_ref]
    if not class_refs or len(class_refs) > _MOST_CLASS_REFS:
        raise _malformed("RequestedAuthnContext: no classes, or too many")
    return RequestedAuthnContext(comparison, tuple(class_refs))


def read_name_id_policy(message: samlp.AuthnRequest) -> NameIDPolicy | None:
    """Give the policy as it was asked for; whether it can be met is decided by `require_supported`."""
    policy = message.name_id_policy
    if policy is None:
        return None
    return NameIDPolicy(
        format=policy.format or None,
        sp_name_qualifier=policy.sp_name_qualifier or None,
        allow_create=check_flag("AllowCreate", policy.allow_create),
    )


def read_subject_name_id(message: samlp.AuthnRequest) -> str | None:
    """Give the NameID whose person alone may be asserted (SAML Profiles 4.1.4.1); None where no Subject is named.

    A Subject that holds confirmations only names nobody; one that is encrypted or a BaseID is nobody we know.
    """
    subject: saml.Subject | None = message.subject
    if subject is None:
        return None
    if subject.name_id is not None:
        return _text(subject.name_id.text)
    if subject.base_id is not None or subject.encrypted_id is not None:
        return ENCRYPTED_SUBJECT
    return None


def _text(text: str | None) -> str:
    return (text or "").strip(" \t\r\n")


def _malformed(detail: str) -> ProtocolError:
    return ProtocolError(Code.REQUEST_MALFORMED, detail)
