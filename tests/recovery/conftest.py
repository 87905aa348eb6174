"""Sites where people keep recovery codes."""

from tests.parts.sites import make_idp
from tests.parts.slapd import own_slapd, slapd

__all__ = ["METHODS", "make_idp", "own_slapd", "slapd"]

METHODS = ("password", "totp", "recovery")
