"""All that a plug-in imports: outcomes, the visit, tools, the descriptor, settings."""

from idp.core.codes import Code
from idp.core.errors import AuthnError, ConfigError, DependencyError, Problem, SealError
from idp.core.ldif import LDIFRecord, read_records, write_record
from idp.core.notice import NoticeKind
from idp.core.proof import Binding, Factor, Proof
from idp.core.secret import Secret
from idp.core.subject import Subject
from idp.plugin.admin import AdminAct, Administration, AdminResult, Holding, Keeper
from idp.plugin.enrol import Confirmed, Enrollable, Registered, Several, Trial, read_label
from idp.plugin.entries import entry_kind
from idp.plugin.issue import Issued, Issuing
from idp.plugin.method import (
    API,
    Announcing,
    Budget,
    Checkable,
    Identifying,
    Limit,
    Method,
    Plugin,
    Reading,
    Stoppable,
)
from idp.plugin.outcome import Ask, Hint, Listener, Outcome, Proved, Refused, SendTo, Skipped, Wrong
from idp.plugin.tools import (
    Attributes,
    BindAnswer,
    BindState,
    Count,
    Credential,
    CredentialKind,
    Credentials,
    Letters,
    Moments,
    People,
    SiteFacts,
    Tools,
)
from idp.plugin.visit import CertificateEvidence, Claim, Purpose, Visit
from idp.settings.base import Field, Group, Settings, field_validator, model_validator

__all__ = [
    "API",
    "AdminAct",
    "AdminResult",
    "Administration",
    "Announcing",
    "Ask",
    "Attributes",
    "AuthnError",
    "BindAnswer",
    "BindState",
    "Binding",
    "Budget",
    "CertificateEvidence",
    "Checkable",
    "Claim",
    "Code",
    "ConfigError",
    "Confirmed",
    "Count",
    "Credential",
    "CredentialKind",
    "Credentials",
    "DependencyError",
    "Enrollable",
    "Factor",
    "Field",
    "Group",
    "Hint",
    "Holding",
    "Identifying",
    "Issued",
    "Issuing",
    "Keeper",
    "LDIFRecord",
    "Letters",
    "Limit",
    "Listener",
    "Method",
    "Moments",
    "NoticeKind",
    "Outcome",
    "People",
    "Plugin",
    "Problem",
    "Proof",
    "Proved",
    "Purpose",
    "Reading",
    "Refused",
    "Registered",
    "SealError",
    "Secret",
    "SendTo",
    "Settings",
    "Several",
    "SiteFacts",
    "Skipped",
    "Stoppable",
    "Subject",
    "Tools",
    "Trial",
    "Visit",
    "Wrong",
    "entry_kind",
    "field_validator",
    "model_validator",
    "read_label",
    "read_records",
    "write_record",
]
