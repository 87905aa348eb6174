"""A letter to one person, and the message it becomes: nothing in it can add a header or a recipient (E-07)."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from idp.core.mailbox import is_mailbox

SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""Every mail server takes it (RFC 5321 2.4)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text to exactly one address. Raises ValueError for an address that is none."""

    to: str
    subject: str
    text: str
    language: str

    def __post_init__(self) -> None:
        if not is_mailbox(self.to):
            raise ValueError("the recipient is not one mail address")


@dataclass(frozen=True, slots=True)
class Writer:
    """Whom letters come from, by language; `address` and `reply_to` are mail addresses, the latter may be empty."""

    address: str
    names: dict[str, str]
    reply_to: str = ""

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return self.address.rpartition("@")[2]

    def write(self, letter: Letter, message_id: str, now: datetime) -> bytes:
        """Give the message as it goes over the wire (RFC 5322; RFC 3834 5 for what no person wrote).

        Raises ValueError for a subject of more than one line.
        """
        message = EmailMessage(policy=SEVEN_BIT)
        message["From"] = _mailbox(self.address, self.names.get(letter.language, ""))
        message["To"] = _mailbox(letter.to)
        if self.reply_to:
            message["Reply-To"] = _mailbox(self.reply_to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message["Content-Language"] = letter.language
        return message.as_bytes()


def _mailbox(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)
