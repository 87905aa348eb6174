"""The access rules of conf/ldap/credential-aci-389ds.ldif: the same table, the same tests."""

from tests.directory.test_entry_acl import *  # noqa: F403 - pytest collects them here over this folder's server
