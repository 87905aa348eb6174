"""An authenticator and the browser before it, in software: they do what WebAuthn says, or what a test wants instead."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_bytes

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

ES256, EDDSA, RS256 = -7, -8, -257
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
ORIGIN = "https://idp.example.ac.jp"
RP_ID = "idp.example.ac.jp"

Form = dict[str, str]


def b64(octets: bytes) -> str:
    """Write octets as forms carry them."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Read them."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value: object) -> bytes:
    """Write a value as authenticators do (RFC 8949)."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, Mapping):
        return _head(5, len(value)) + b"".join(cbor(key) + cbor(each) for key, each in value.items())
    raise TypeError(value)


def _head(kind: int, number: int) -> bytes:
    for octets, short in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if number < 24:
            return bytes([kind << 5 | number])
        if number < 1 << 8 * octets:
            return bytes([kind << 5 | short]) + number.to_bytes(octets, "big")
    raise ValueError(number)


def _private(algorithm: int) -> ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey:
    if algorithm == ES256:
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if algorithm == EDDSA else rsa.generate_private_key(65537, 2048)


@dataclass
class SoftKey:
    """One passkey of one authenticator. What is public may be changed by a test before the next ceremony."""

    algorithm: int = ES256
    rp_id: str = RP_ID
    origin: str = ORIGIN
    user_handle: bytes = b""
    sign_count: int = 0
    flags: int = UP | UV
    cross_origin: bool | None = False
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    extensions: bytes = b""

    def __post_init__(self) -> None:
        self._key = _private(self.algorithm)

    @property
    def public_key(self) -> dict[int, object]:
        """The public key as COSE has it (RFC 9053)."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            numbers = self._key.public_key().public_numbers()
            return {1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return {1: 1, 3: EDDSA, -1: 6, -2: self._key.public_key().public_bytes_raw()}
        public = self._key.public_key().public_numbers()
        return {1: 3, 3: RS256, -1: public.n.to_bytes(256, "big"), -2: public.e.to_bytes(3, "big")}

    def sign(self, message: bytes) -> bytes:
        """Sign as its algorithm does."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(message, ec.ECDSA(hashes.SHA256()))
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def client_data(self, ceremony: str, challenge: str, **more: object) -> bytes:
        """What the browser says of the ceremony."""
        said: dict[str, object] = {"type": ceremony, "challenge": challenge, "origin": self.origin, **more}
        if self.cross_origin is not None:
            said["crossOrigin"] = self.cross_origin
        return json.dumps(said).encode()

    def data(self, attested: bytes = b"") -> bytes:
        """The authenticator data."""
        flags = self.flags | (AT if attested else 0) | (ED if self.extensions else 0)
        digest = hashlib.sha256(self.rp_id.encode()).digest()
        return digest + bytes([flags]) + self.sign_count.to_bytes(4, "big") + attested + self.extensions

    def attested(self, public_key: object | None = None) -> bytes:
        """The new credential, as it stands in the authenticator data."""
        length = len(self.credential_id).to_bytes(2, "big")
        return bytes(16) + length + self.credential_id + cbor(public_key or self.public_key)

    def create(self, options: str, change: Callable[[bytes], bytes] = lambda whole: whole, **more: object) -> Form:
        """Make a passkey as a page's options say; `change` is done to the attestation object."""
        asked = json.loads(options)
        self.user_handle = unb64(asked["user"]["id"])
        whole = cbor({"fmt": "none", "attStmt": {}, "authData": self.data(self.attested())})
        return {
            "client_data_json": b64(self.client_data("webauthn.create", asked["challenge"], **more)),
            "attestation_object": b64(change(whole)),
            "transports": "internal,hybrid",
            "label": "phone",
        }

    def get(self, options: str, **more: object) -> Form:
        """Log in as a page's options say."""
        return self.signed(self.client_data("webauthn.get", json.loads(options)["challenge"], **more))

    def signed(self, client_data: bytes) -> Form:
        """Sign what the browser says."""
        data = self.data()
        return {
            "credential_id": b64(self.credential_id),
            "client_data_json": b64(client_data),
            "authenticator_data": b64(data),
            "signature": b64(self.sign(data + hashlib.sha256(client_data).digest())),
            "user_handle": b64(self.user_handle),
        }
