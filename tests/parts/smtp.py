"""A real SMTP server for tests: TLS, login, and every bad answer a mail server may give, on a port of 127.0.0.1."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.parts.certificates import Leaf
from tests.parts.slapd import free_port

USERNAME, PASSWORD = "warifu", "mail password of the tests"


@dataclass
class Received:
    """What the server took: the envelope and the message."""

    sender: str
    recipients: list[str]
    content: bytes
    was_encrypted: bool
    login: str | None

    @property
    def message(self) -> EmailMessage:
        """The message as a mail program reads it."""
        message = message_from_bytes(self.content, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        """Its text."""
        return str(self.message.get_content())


@dataclass
class PostOffice:
    """A server that keeps what it takes; `answers` are given instead of 250 to the commands they stand under.

    `on_letter` runs when a letter has come in, before it is answered. With `leaf` it offers STARTTLS and wants it, with
    `tls_from_start` TLS begins with the connection.
    """

    leaf: Leaf | None = None
    tls_from_start: bool = False
    wants_login: bool = False
    port: int = field(default_factory=free_port)
    answers: dict[str, str] = field(default_factory=dict)
    on_letter: Callable[[], None] | None = None
    received: list[Received] = field(default_factory=list)
    tried: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tried += 1
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        login = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None
        encrypted = session.ssl is not None or self.tls_from_start
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.received.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), content, encrypted, login))
        if self.on_letter is not None:
            self.on_letter()
        return "250 kept"

    def start(self) -> "PostOffice":
        """Listen."""
        context = None
        if self.leaf is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.leaf.certificate, self.leaf.key)
        options: dict[str, object] = {"ready_timeout": 30.0}
        if self.wants_login:
            options |= {
                "authenticator": _authenticate,
                "auth_required": True,
                "auth_require_tls": context is not None and not self.tls_from_start,
            }
        if self.tls_from_start:
            self._controller = Controller(self, "127.0.0.1", self.port, ssl_context=context, **options)
        else:
            options |= {"tls_context": context, "require_starttls": context is not None}
            self._controller = Controller(self, "127.0.0.1", self.port, **options)
        self._controller.start()
        return self

    def stop(self) -> None:
        """Go away."""
        self._controller.stop()

    def __enter__(self) -> "PostOffice":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def toml(self, *, tls: str = "none", extra: str = "") -> str:
        """Give the table `[mail]` of a site that sends here."""
        return (
            f'[mail]\nserver = "127.0.0.1"\nport = {self.port}\ntls = "{tls}"\n'
            f'from = "noreply@example.ac.jp"\nreply_to = "help@example.ac.jp"\n{extra}\n'
        )

    def await_letters(self, count: int, seconds: float = 20.0) -> list[Received]:
        """Give what was received once it is so many letters."""
        deadline = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.received) >= count
        return self.received


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and data == LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, auth_data=data) if is_right else AuthResult(success=False, handled=False)
