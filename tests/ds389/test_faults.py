"""What happens when 389 Directory Server does not do its part: the same requirements, the same tests."""

from tests.directory.test_faults import *  # noqa: F403 - pytest collects them here over this folder's server
