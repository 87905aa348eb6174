"""Mail to people: written so that nothing forges it, kept until it is sent; the only room that speaks SMTP."""

from idp.mail.letter import Letter, Writer
from idp.mail.outbox import Outbox
from idp.mail.site import open_outbox

__all__ = ["Letter", "Outbox", "Writer", "open_outbox"]
