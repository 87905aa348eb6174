"""The administrator's commands over 389 Directory Server: the same requirements, the same tests."""

from tests.totp_admin.test_rekey import *  # noqa: F403 - pytest collects them here over this folder's server
