"""What a method is told of the person before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from idp.core.subject import Subject


class Purpose(StrEnum):
    """Why the person is asked."""

    LOGIN = "login"
    REGISTER = "register"
    REPLACE = "replace"
    RESET = "reset"
    HELPDESK = "helpdesk"


@dataclass(frozen=True, slots=True)
class CertificateEvidence:
    """What a TLS connection of ours or of the named proxy showed; chain and person are not yet checked.

    `der` is empty where the browser sent no certificate. What the proxy `doubted` is looked at for its fault alone and
    proves nothing (security.md R-11).
    """

    der: bytes
    issuer_chain_der: tuple[bytes, ...] = ()
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One step of one conversation, as a method sees it.

    `subject` is who an earlier step proved, None before; `form` holds the posted fields (each once); `event` the
    button pressed without its prefix, e.g. "proceed"; `state` what this method asked to keep. `certificate` is there
    when the browser comes back from the certificate listener, with or without a certificate. `force` asks for fresh
    proof (ForceAuthn); with `may_ask` false an Ask is refused (IsPassive). `browser` is an opaque id of the browser.
    """

    purpose: Purpose
    subject: Subject | None
    network: str
    language: str
    browser: str
    form: Mapping[str, str] = field(default_factory=dict)
    event: str = "proceed"
    state: bytes = b""
    certificate: CertificateEvidence | None = None
    force: bool = False
    may_ask: bool = True
    claim: "Claim | None" = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who the form says the person is, before anything is proved: the name typed, and the entry it names, if any."""

    typed: str
    subject: Subject | None
