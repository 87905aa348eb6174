"""A directory server that says what a test wants: a few lines of BER (RFC 4511) behind a `Shim`."""

from collections.abc import Sequence
from dataclasses import dataclass

BIND, SEARCH, EXTENDED = 0x60, 0x63, 0x77
START_TLS = b"1.3.6.1.4.1.1466.20037"
WHO_AM_I = b"1.3.6.1.4.1.4203.1.11.3"
PPOLICY = b"1.3.6.1.4.1.42.2.27.8.5.1"


def tlv(tag: int, *parts: bytes) -> bytes:
    """One BER element."""
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 0xFF])
    return bytes([tag]) + length + body


@dataclass
class FalseServer:
    """Answers each request; a shim calls it with the bytes received."""

    bind_code: int = 0
    bind_message: bytes = b""
    bind_controls: Sequence[tuple[bytes, bytes]] = ()
    who_am_i: bytes | None = None
    start_tls_code: int = 0
    referral: bytes = b""
    garbage: bytes = b""

    def __call__(self, data: bytes) -> bytes:
        """Answer what came in one read, which is one message or several."""
        if self.garbage:
            return self.garbage
        replies = b""
        while data:
            start, end = _span(data)
            replies += self._reply(data[start:end])
            data = data[end:]
        return replies

    def _reply(self, message: bytes) -> bytes:
        number, rest = message[: 2 + message[1]], message[2 + message[1] :]
        start, end = _span(rest)
        if rest[0] == BIND:
            controls = [tlv(0x30, tlv(4, oid), tlv(4, value)) for oid, value in self.bind_controls]
            extra = tlv(0xA0, *controls) if controls else b""
            referral = tlv(0xA3, tlv(4, self.referral)) if self.referral else b""
            return tlv(0x30, number, tlv(0x61, *_result(self.bind_code, self.bind_message), referral), extra)
        if rest[0] == SEARCH:
            offered = [tlv(4, WHO_AM_I)] if self.who_am_i is not None else []
            attribute = tlv(0x30, tlv(4, b"supportedExtension"), tlv(0x31, *offered))
            entry = tlv(0x30, number, tlv(0x64, tlv(4), tlv(0x30, attribute)))
            return entry + tlv(0x30, number, tlv(0x65, *_result(0)))
        if rest[0] == EXTENDED and START_TLS in rest[start:end]:
            return tlv(0x30, number, tlv(0x78, *_result(self.start_tls_code)))
        if rest[0] == EXTENDED:
            return tlv(0x30, number, tlv(0x78, *_result(0), tlv(0x8B, self.who_am_i or b"")))
        return b""


def _result(code: int, message: bytes = b"") -> tuple[bytes, ...]:
    return tlv(0x0A, bytes([code])), tlv(4), tlv(4, message)


def _span(data: bytes) -> tuple[int, int]:
    """Where the contents of the first element begin and end."""
    if data[1] < 128:
        return 2, 2 + data[1]
    width = data[1] & 0x7F
    return 2 + width, 2 + width + int.from_bytes(data[2 : 2 + width], "big")
