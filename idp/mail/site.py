"""The outbox of a site, made from its settings."""

from urllib.parse import urlsplit

from idp.audit import Logger
from idp.core.errors import ConfigError, Problem
from idp.core.secret import Secret
from idp.mail.letter import Writer
from idp.mail.outbox import Outbox
from idp.mail.server import MailServer
from idp.metrics import Metrics
from idp.settings.model import IdPSettings, Mail
from idp.store import Letters


def open_outbox(settings: IdPSettings, log: Logger, metrics: Metrics) -> Outbox | None:
    """Give the outbox, None for a site without `[mail]`; the server is not asked yet. Raises ConfigError.

    Raises DependencyError when the file of letters cannot be made.
    """
    mail = settings.mail
    if mail is None:
        return None
    names = {language: " ".join(name.split()) for language, name in settings.site.name.items()}
    writer = Writer(mail.sender, names, mail.reply_to or "")
    our_name = urlsplit(settings.site.base_url).hostname or "localhost"
    try:
        server = MailServer(mail, _password(mail), our_name)
    except OSError as error:
        what = f"is no certificate authority ({error.strerror or error})"
        raise ConfigError([Problem(str(mail.ca), "", what, "Give a PEM file")]) from error
    return Outbox(Letters(settings.records_path), server, writer, log, metrics)


def _password(mail: Mail) -> Secret | None:
    if mail.password_file is None:
        return None
    try:
        content = mail.password_file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise ConfigError([_problem(what, "Name a file that can")]) from error
    if not content.isascii() or not content:
        raise ConfigError([_problem("holds no password in ASCII", "SMTP knows no other")])
    return Secret(content)


def _problem(what: str, remedy: str) -> Problem:
    return Problem("idp.toml", "mail.password_file", what, remedy)
