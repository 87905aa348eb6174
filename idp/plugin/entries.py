"""Credentials that are entries of their own under the person's: the class of ours, and what it has."""

from idp.plugin.tools import CredentialKind

ENTRY_CLASS = "warifuCredential"
ENTRY_FIELDS = {
    "id": "warifuCredentialId",
    "label": "warifuCredentialLabel",
    "secret": "warifuCredentialSecret",
    "data": "warifuCredentialData",
    "state": "warifuCredentialState",
    "failures": "warifuCredentialFailures",
    "bound_at": "warifuCredentialBoundAt",
    "used_at": "warifuCredentialUsedAt",
}


def entry_kind(name: str) -> CredentialKind:
    """Give a kind of credentials of which a person may have several, by the method's name.

    Fields: `secret` is sealed; `label` is text that the person gives; `data` are octets that anybody of the site's
    accounts may read; `state` are octets that change with use, compared and swapped as one; `failures` is a number;
    `bound_at` and `used_at` are moments of LDAP (RFC 4517 3.3.13). All but `id` and `secret` may be left out.
    """
    return CredentialKind(name, ENTRY_CLASS, ENTRY_FIELDS, frozenset({"secret"}), entries=True)
