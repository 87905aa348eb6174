"""New secrets for apps."""

import secrets

from idp.plugin import Secret

SEED_BYTES = 20
"""160 bits, the length of the HMAC's own output (RFC 4226 4, R6)."""


def new_seed() -> Secret:
    """Give a new secret from the operating system's generator (security.md T-37)."""
    return Secret(secrets.token_bytes(SEED_BYTES))
