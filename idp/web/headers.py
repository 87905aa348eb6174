"""The headers of every answer (security.md S-02, S-09, S-10, S-15)."""

import re
import secrets
from base64 import b64encode
from hashlib import sha256

from flask import Response

COMMON = [
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
"""On every answer (`idp.web.framework`)."""
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
FORM_ACTION = "; form-action 'self'"
SCRIPT = "; script-src 'self'"
UNLESS_SAID = [("Content-Security-Policy", POLICY + SCRIPT + FORM_ACTION), ("Cache-Control", "no-store")]


_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)

Headers = list[tuple[str, str]]


def hardened(headers: Headers) -> Headers:
    """Add to the headers of an answer; a page that set a policy of its own keeps it."""
    names = {name for name, _ in headers}
    return headers + COMMON + [item for item in UNLESS_SAID if item[0] not in names]


def allow_certificate(response: Response, certificate_url: str) -> None:
    """Let a form's answer lead to the certificate address and back: Chromium holds redirects to form-action."""
    response.headers["Content-Security-Policy"] = f"{POLICY}{SCRIPT}{FORM_ACTION} {certificate_url}"


def allow_posting_away(response: Response) -> None:
    """Leave form-action out: Chromium would hold the service provider's redirects to it (design 6)."""
    response.headers["Content-Security-Policy"] = POLICY + SCRIPT


def allow_own_picture(response: Response) -> None:
    """Let the page show a picture that stands in it: a QR code has no address of its own (security.md T-31)."""
    policy = (POLICY + SCRIPT + FORM_ACTION).replace("img-src 'self'", "img-src 'self' data:")
    response.headers["Content-Security-Policy"] = policy


def allow_own_style(response: Response) -> None:
    """Let a page that is printed as it stands bring its style with it; it has no script, no form, no picture.

    Each of its styles is named by its digest (CSP Level 3, 2.3.1): no other counts.
    """
    styles = _STYLE.findall(response.get_data(as_text=True))
    named = " ".join(f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in styles) or "'none'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {named}; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    )


def correlation_id() -> str:
    """Give a short id that stands on an error page and in the log."""
    return secrets.token_hex(6)
