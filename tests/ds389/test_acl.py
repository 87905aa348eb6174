"""The access rules of conf/ldap/aci-389ds.ldif: the same table, the same tests."""

from tests.directory.test_acl import *  # noqa: F403 - pytest collects them here over this folder's server
