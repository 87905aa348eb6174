"""One event of the audit stream: the 21 fields of Shibboleth's audit line, and what its line has no place for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.core.codes import Code


class Decision(StrEnum):
    """What was decided."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    REFUSED = "refused"
    FAILED = "failed"
    REGISTERED = "registered"
    REPLACED = "replaced"
    REMOVED = "removed"
    LOGGED_OUT = "logged-out"
    STARTED = "started"
    READ = "read"
    DISCLOSED = "disclosed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One decision. What is unknown at its time stays as it is by default and is written as nothing.

    The first block is Shibboleth's `%a %ST %T %u %SP %i %ac %t %attr %n %f %SSO %XX %XA %b %bb %e %S %SS %s %UA`
    (shibboleth.md 6.1), in its order. `event_time` None is the moment of writing. `attributes` and `dropped_attributes`
    are ids of the configuration, never values. `reused` says that an earlier login was used. `status` is Success,
    Requester or Responder; `sub_status` the URI or last word of the second status. `session_reference` is a name of the
    session that opens nothing: Shibboleth writes the session's id there, we never do.

    The second block is ours: `methods` are what was proved, `rule` and `network` what policy went by, `conversation`
    a reference that joins the events of one login, `reason` a word for machines, `actor` the administrator who did it,
    `binding` how what was registered came to be the person's.
    No field ever holds a password, a code or a key.
    """

    client_address: str = ""
    start_time: datetime | None = None
    event_time: datetime | None = None
    username: str = ""
    entity_id: str = ""
    assertion_id: str = ""
    authn_context: str = ""
    authn_instant: datetime | None = None
    attributes: tuple[str, ...] = ()
    name_id: str = ""
    name_id_format: str = ""
    reused: bool | None = None
    request_signed: bool | None = None
    encryption_algorithm: str = ""
    request_binding: str = ""
    response_binding: str = ""
    event: str = ""
    status: str = ""
    sub_status: str = ""
    session_reference: str = ""
    user_agent: str = ""

    decision: Decision
    code: Code | None = None
    reason: str = ""
    actor: str = ""
    subject_id: str = ""
    methods: tuple[str, ...] = ()
    network: str = ""
    rule: str = ""
    conversation: str = ""
    dropped_attributes: tuple[str, ...] = ()
    binding: str = ""
