"""Passkeys on 389 Directory Server: the same requirements, the same tests."""

from tests.directory.test_passkeys import *  # noqa: F403 - pytest collects them here over this folder's server
