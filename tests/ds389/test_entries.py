"""Credentials as entries on 389 Directory Server: the same requirements, the same tests."""

from tests.directory.test_entries import *  # noqa: F403 - pytest collects them here over this folder's server
