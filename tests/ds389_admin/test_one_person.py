"""The administrator's commands over 389 Directory Server: the same requirements, the same tests."""

from tests.totp_admin.test_one_person import *  # noqa: F403 - pytest collects them here over this folder's server
