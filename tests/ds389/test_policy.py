"""What 389 Directory Server says to a password: the same requirements, the same tests."""

from tests.directory.test_policy import *  # noqa: F403 - pytest collects them here over this folder's server
