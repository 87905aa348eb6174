"""Libraries of real service providers read our answers (conformance.md, section 3)."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from onelogin.saml2 import response as onelogin_response
from onelogin.saml2 import settings as onelogin_settings

from idp.saml.answer import ResponseWriter, Statement
from tests.parts.service_provider import TestSP
from tests.saml_out.conftest import ENTITY_ID, recipient_of

# python3-saml has no types.
make_response: Any = onelogin_response.OneLogin_Saml2_Response
make_settings: Any = onelogin_settings.OneLogin_Saml2_Settings


@pytest.mark.parametrize("sign_assertion", [False, True], ids=["response", "both"])
def test_python3_saml_reads_an_answer(
    sign_assertion: bool, writer: ResponseWriter, statement: Statement, sp: TestSP, idp_certificate: bytes
) -> None:
    now = datetime.now(UTC)
    said = replace(statement, authn_instant=now, session_not_on_or_after=now + timedelta(hours=8))
    issued = writer.success(recipient_of(sp, sign_assertion=sign_assertion), said, now)
    settings = make_settings(
        {
            "strict": True,
            "sp": {
                "entityId": sp.entity_id,
                "assertionConsumerService": {"url": sp.acs},
                "x509cert": sp.certificate_pem.decode(),
                "privateKey": sp.key_pem.decode(),
            },
            "idp": {
                "entityId": ENTITY_ID,
                "singleSignOnService": {"url": f"{ENTITY_ID}/sso"},
                "x509cert": idp_certificate.decode(),
            },
            "security": {
                "wantMessagesSigned": True,
                "wantAssertionsSigned": sign_assertion,
                "wantAssertionsEncrypted": True,
                "rejectDeprecatedAlgorithm": True,
            },
        }
    )
    host, _, path = sp.acs.removeprefix("https://").partition("/")
    request = {"https": "on", "http_host": host, "script_name": f"/{path}", "get_data": {}, "post_data": {}}

    answer = make_response(settings, base64.b64encode(issued.xml).decode())

    assert answer.is_valid(request, "_request-of-sp", raise_exceptions=True)
    assert answer.get_attributes()["urn:oid:2.5.4.4"] == ["alice@example.org", "a.liddell@example.org"]
    assert answer.get_nameid() == "_0123456789abcdef"
