"""What may go wrong, as one tree.

WarifuError
├── ConfigError      the operator's files say something that cannot be used
├── ProtocolError    a service provider's message is refused and stays here as a page
├── StatusError      a verified request cannot be met; the service provider is told by a Response
├── AuthnError       a person cannot go on
├── DependencyError  LDAP, the store or another part we need does not answer: fail closed, nobody's fault
└── SealError        a sealed value does not open: wrong key or tampered with
"""

from idp.core.codes import Code
from idp.core.subject import Subject


class WarifuError(Exception):
    """An error with a code for the person and a detail for the log; the detail never reaches a page."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail


class ProtocolError(WarifuError):
    """A message from a service provider that is refused; shown as a page here (design, the way of one login)."""

    def __init__(self, code: Code, detail: str = "", *, http_status: int = 400, reason: str = "") -> None:
        super().__init__(code, detail)
        self.http_status = http_status
        self.reason = reason or code.name.lower()


class StatusError(WarifuError):
    """A verified request that cannot be met; goes to its assertion consumer service (SAML Core 3.2.2.2).

    `top` and `sub` are the last words of the status URIs, e.g. "Responder" and "NoPassive"; `rule` is the row of the
    table of rules that decided, empty where the request was refused before any was looked for; `subject` who is
    refused, once they are known: for our own records, and never for the service provider.
    """

    def __init__(self, code: Code, top: str, sub: str | None = None, detail: str = "", *, rule: str = "") -> None:
        super().__init__(code, detail)
        self.top = top
        self.sub = sub
        self.rule = rule
        self.subject: Subject | None = None


class AuthnError(WarifuError):
    """A person cannot go on with what was given."""


class DependencyError(WarifuError):
    """A part we depend on is down or refuses us; never counted against a person."""


class SealError(WarifuError):
    """A sealed value does not open; `code` tells an unknown key from a broken value."""


class ConfigError(WarifuError):
    """Configuration that cannot be used; `problems` lists everything wrong at once."""

    def __init__(self, problems: "list[Problem]") -> None:
        super().__init__(Code.SETTINGS_INVALID, "\n".join(str(problem) for problem in problems))
        self.problems = problems


class Problem:
    """One thing wrong in the configuration: the file, the key, what it is and what to do."""

    __slots__ = ("file", "key", "remedy", "what")

    def __init__(self, file: str, key: str, what: str, remedy: str) -> None:
        self.file = file
        self.key = key
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.what}. {self.remedy}"
