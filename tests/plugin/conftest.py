"""Sites over the tests' directory, or over one of the test's own.

The package in warifu-codesheet has tests of its own, which tests/plugin/test_package.py runs where it is installed.
"""

from tests.login.conftest import idp
from tests.parts.sites import make_idp
from tests.parts.slapd import own_slapd, slapd

__all__ = ["idp", "make_idp", "own_slapd", "slapd"]

collect_ignore = ["warifu-codesheet"]
