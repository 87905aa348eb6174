"""The algorithms we write, by their URIs; nothing weaker has a name here (conformance.md IIP-ALG01 to ALG08)."""

from enum import StrEnum

ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
MGF1_SHA1 = "http://www.w3.org/2009/xmlenc11#mgf1sha1"


class Digest(StrEnum):
    """Digests of what is signed."""

    SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
    SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
    SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"


class SignatureMethod(StrEnum):
    """Signatures by RSA (PKCS #1 1.5) and by ECDSA."""

    RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    RSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
    RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
    ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    ECDSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
    ECDSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"


class DataEncryption(StrEnum):
    """Ciphers for the assertion. CBC only for a service provider that was opted in (security.md I-10)."""

    AES128_GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
    AES192_GCM = "http://www.w3.org/2009/xmlenc11#aes192-gcm"
    AES256_GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    AES128_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
    AES256_CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"

    @classmethod
    def named(cls, name: str) -> "DataEncryption":
        """Give the cipher that the settings call `name`, e.g. "aes128-gcm"; raises KeyError."""
        return cls[name.upper().replace("-", "_")]

    @property
    def is_cbc(self) -> bool:
        """Tell whether the cipher does not authenticate what it hides."""
        return self.value.endswith("-cbc")

    @property
    def key_bytes(self) -> int:
        """Give the length of the key."""
        return int(self.value.partition("#aes")[2][:3]) // 8


class KeyTransport(StrEnum):
    """RSA-OAEP under its two names; the mask is MGF1 with SHA-1 in both (conformance.md IIP-ALG06)."""

    RSA_OAEP_MGF1P = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
    RSA_OAEP = "http://www.w3.org/2009/xmlenc11#rsa-oaep"


class OAEPDigest(StrEnum):
    """The digest inside OAEP, where SHA-1 is still sound and what every service provider can read."""

    SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
    SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
