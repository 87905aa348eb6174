"""Warifu, a SAML 2.0 identity provider whose people live in LDAP."""

__version__ = "0.1.0"
