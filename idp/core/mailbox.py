"""What is taken for a mail address: exactly one, in ASCII, with nothing that ends a line or a command (E-07)."""

import re

LONGEST = 254
MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
"""RFC 5321 4.1.2 without quoted names and address literals; dots may stand together or last, as telephone companies in
Japan once gave them out."""


def is_mailbox(text: str) -> bool:
    """Say whether `text` is one address that mail may be sent to."""
    return len(text) <= LONGEST and MAILBOX.fullmatch(text) is not None
