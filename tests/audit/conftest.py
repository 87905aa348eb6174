from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp.audit import AuditEvent, Decision
from idp.core.codes import Code
from idp.settings.model import Audit

NOW = datetime(2026, 4, 1, 9, 0, 1, 500_000, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Audit:
    return Audit(log=tmp_path / "audit.log", json_log=tmp_path / "audit.json", process_log=tmp_path / "process.log")


@pytest.fixture
def login() -> AuditEvent:
    return AuditEvent(
        client_address="192.0.2.1",
        start_time=datetime(2026, 4, 1, 9, 0, 0, tzinfo=UTC),
        username="alice",
        entity_id="https://sp.example.org/shibboleth",
        assertion_id="_a1",
        authn_context="urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        authn_instant=datetime(2026, 4, 1, 8, 59, 59, 1000, tzinfo=UTC),
        attributes=("mail", "displayName"),
        name_id="_n1",
        name_id_format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        reused=False,
        request_signed=True,
        encryption_algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm",
        request_binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
        response_binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        status="Success",
        session_reference="0123456789abcdef",
        user_agent="Mozilla/5.0 (X11)",
        decision=Decision.ACCEPTED,
        methods=("password", "totp"),
        network="campus",
        rule="everybody",
        conversation="fedcba9876543210",
        dropped_attributes=("eppn",),
    )


@pytest.fixture
def refusal() -> AuditEvent:
    return AuditEvent(decision=Decision.REFUSED, code=Code.REQUEST_REPLAYED, reason="replay", event="REQUEST_REPLAYED")
