"""Sites over the tests' directory."""

from tests.parts.sites import make_idp
from tests.parts.slapd import own_slapd, slapd

__all__ = ["make_idp", "own_slapd", "slapd"]
