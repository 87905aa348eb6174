"""The SMTP server that takes our mail: verified TLS, a login, and an end to every wait (security.md F-15)."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.secret import Secret
from idp.settings.model import Mail

DEADLINE_SECONDS = 60.0
"""A conversation that takes longer is cut off: for saying hello, and for each letter."""

BAD_ADDRESS = (b"5.1.1", b"5.1.2", b"5.1.3", b"5.1.6", b"5.1.10")
"""RFC 3463 3.2 and RFC 7505: there is no such mailbox, and there will be none."""


class NotTakenError(Exception):
    """The server answers, but does not take this letter: `forever` if there is no such mailbox."""

    def __init__(self, code: int, text: bytes, *, forever: bool) -> None:
        super().__init__(f"{code} {text.decode('utf-8', 'replace')}")
        self.forever = forever


class ServerAwayError(DependencyError):
    """The server does not serve us: not there, not who it should be, or it does not let us in."""

    def __init__(self, error: Exception) -> None:
        super().__init__(Code.MAIL_DOWN, f"{type(error).__name__}: {error}")


class MailServer:
    """Opens conversations with the server; what fails raises ServerAwayError."""

    def __init__(self, settings: Mail, password: Secret | None, our_name: str) -> None:
        self._settings = settings
        self._password = password
        self._our_name = our_name
        self._context = ssl.create_default_context(cafile=settings.ca)

    @contextmanager
    def conversation(self) -> Iterator["Conversation"]:
        """Say hello, begin TLS and log in; letters may follow."""
        with _reported():
            client = self._connect()
        try:
            yield Conversation(client, self._settings.sender)
        finally:
            with suppress(OSError, smtplib.SMTPException), _deadline(client):
                client.quit()
            client.close()

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        name, seconds = self._our_name, settings.timeout_seconds
        client = (
            smtplib.SMTP_SSL(local_hostname=name, timeout=seconds, context=self._context)
            if settings.tls == "tls"
            else smtplib.SMTP(local_hostname=name, timeout=seconds)
        )
        # What the certificate is compared with; connect() leaves it empty, and then no certificate would do.
        client._host = settings.server  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            with _deadline(client):
                self._greet(client)
        except BaseException:
            client.close()
            raise
        return client

    def _greet(self, client: smtplib.SMTP) -> None:
        status, text = client.connect(self._settings.server, self._settings.port)
        if status != 220:
            raise smtplib.SMTPConnectError(status, text)
        if self._settings.tls == "starttls":
            client.starttls(context=self._context)
        client.ehlo_or_helo_if_needed()
        if self._password is not None:
            client.login(self._settings.username, self._password.reveal().decode("utf-8"))


class Conversation:
    """A conversation in which letters may be handed over."""

    def __init__(self, client: smtplib.SMTP, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, recipient: str, message: bytes) -> None:
        """Hand one letter over. Raises NotTakenError, or ServerAwayError, which ends the conversation."""
        with _reported(), _deadline(self._client):
            try:
                self._client.sendmail(self._sender, [recipient], message)
            except smtplib.SMTPRecipientsRefused as error:
                (code, text) = error.recipients[recipient]
                raise NotTakenError(code, text, forever=code >= 500 and text.startswith(BAD_ADDRESS)) from None
            except smtplib.SMTPDataError as error:
                text = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
                raise NotTakenError(error.smtp_code, text, forever=False) from None


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:
        raise ServerAwayError(error) from error


@contextmanager
def _deadline(client: smtplib.SMTP) -> Iterator[None]:
    """End a conversation that goes on for too long, however busy the server keeps it."""
    timer = threading.Timer(DEADLINE_SECONDS, _cut, [client])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(client: smtplib.SMTP) -> None:
    if client.sock is not None:
        with suppress(OSError):
            # The method of a TLS socket would take the session away from under the thread that reads.
            socket.socket.shutdown(client.sock, socket.SHUT_RDWR)
