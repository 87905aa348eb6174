"""The confirmation service provider `/mfa-test/`: a person sees whether two factors work, here, with this device.

A service provider like any other: own process, own cookies, own keys. It asks for the REFEDS MFA profile, verifies and
decrypts the answer with pysaml2 (and its xmlsec1 program, which the identity provider itself never runs), and says in
plain words what came.
"""

from pathlib import Path

from idp.mfatest.application import Look, make_wsgi
from idp.mfatest.client import NETWORK_ATTRIBUTE, metadata, write_metadata

TEMPLATES = Path(__file__).parent / "templates"

__all__ = ["NETWORK_ATTRIBUTE", "TEMPLATES", "Look", "make_wsgi", "metadata", "write_metadata"]
