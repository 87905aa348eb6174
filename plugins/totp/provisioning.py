"""A new key as the link and the picture that apps read (people.md 4.3)."""

import base64
import io
from typing import Any

import pyotp
from qrcode.image.svg import SvgPathFillImage
from qrcode.main import QRCode

from idp.plugin import Secret


def write_uri(secret: Secret, username: str, issuer: str) -> str:
    """Write the otpauth: link; algorithm, digits and period are left at what every app takes."""
    key = base64.b32encode(secret.reveal()).decode("ascii").rstrip("=")
    # pyotp refuses the 80-bit keys of old, and takes the key into the link as it is given
    plain = pyotp.TOTP(key.ljust(32, "A")).provisioning_uri(name=username, issuer_name=issuer)
    return plain.replace(f"secret={key.ljust(32, 'A')}", f"secret={key}")


def qr_svg(text: str) -> str:
    """Draw a QR code as SVG, black on white with its quiet zone."""
    return bytes(_code(text).make_image(SvgPathFillImage).to_string()).decode("utf-8")


def draw_qr(text: str) -> str:
    """Draw a QR code with characters."""
    stream = io.StringIO()
    _code(text).print_ascii(out=stream, invert=True)
    return stream.getvalue()


def _code(text: str) -> Any:
    code: Any = QRCode()
    code.add_data(text)
    return code
