"""What the confirmation service provider refuses to believe, and what it says of itself."""

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from saml2 import class_name, samlp
from saml2.config import SPConfig
from saml2.sigver import pre_signature_part, security_context
from saml2.xmldsig import DIGEST_SHA1, SIG_RSA_SHA1

from idp.federation.metadata_reader import read_entities
from idp.mfatest import write_metadata
from idp.mfatest.pending import MOST, PendingRequests, pending_key
from tests.mfatest.parties import ACS, Stage, result
from tests.pages.samples import SITE, words
from tests.parts.service_provider import TestSP

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def _changed(saml_response: str, old: bytes, new: bytes) -> str:
    xml = base64.b64decode(saml_response)
    assert old in xml
    return base64.b64encode(xml.replace(old, new)).decode()


def test_an_answer_by_another_key_is_not_believed(stage: Stage) -> None:
    document = stage.answer(stage.idp.success(stage.start(), key=TestSP(name="impostor")))

    assert result(document) == "refused"
    assert "could not verify" in document.xpath("string(//main)")


def test_an_answer_changed_on_the_way_is_not_believed(stage: Stage) -> None:
    answer = stage.idp.error(stage.start(), "Responder", "NoAuthnContext")
    document = stage.answer(_changed(answer, b"status:NoAuthnContext", b"status:RequestDenied"))

    assert "could not verify" in document.xpath("string(//main)")


def test_an_unsigned_answer_is_not_believed(stage: Stage) -> None:
    xml = base64.b64decode(stage.idp.error(stage.start(), "Responder", "NoAuthnContext"))
    bare = re.sub(rb"<ds:Signature .*</ds:Signature>", b"", xml)
    document = stage.answer(base64.b64encode(bare).decode())

    assert "could not verify" in document.xpath("string(//main)")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"encryption": None, "allow_unencrypted": True}, id="not-encrypted"),
        pytest.param({"sign_assertion": False}, id="assertion-not-signed"),
        pytest.param({"entity_id": "https://other.example.org/"}, id="another-audience"),
        pytest.param({"assertion_consumer_service_url": "https://other.example.org/acs"}, id="another-destination"),
        pytest.param({"issuer": "https://other.example.org/idp"}, id="another-issuer"),
        pytest.param({"now": datetime.now(UTC) - timedelta(hours=1)}, id="an-hour-old"),
    ],
)
def test_an_answer_that_is_not_as_it_must_be_is_not_believed(stage: Stage, changes: dict[str, object]) -> None:
    document = stage.answer(stage.idp.success(stage.start(), **changes))  # type: ignore[arg-type]

    assert result(document) == "refused"
    assert "could not verify" in document.xpath("string(//main)")
    assert "taro" not in document.text_content()


def test_an_answer_signed_with_sha1_is_not_believed(stage: Stage, tmp_path: Path) -> None:
    key = tmp_path / "idp.key"
    key.write_bytes(stage.idp.party.key_pem)
    answer = samlp.response_from_string(base64.b64decode(stage.idp.error(stage.start(), "Responder", "NoAuthnContext")))
    answer.signature = pre_signature_part(answer.id, None, 1, sign_alg=SIG_RSA_SHA1, digest_alg=DIGEST_SHA1)
    signer = security_context(SPConfig().load({"key_file": str(key), "entityid": SITE.entity_id}))
    signed = signer.sign_statement(str(answer), class_name(answer), key_file=str(key), node_id=answer.id)
    document = stage.answer(base64.b64encode(str(signed).encode()).decode())

    assert "could not verify" in document.xpath("string(//main)")


@pytest.mark.parametrize("saml_response", ["", "%%%", "eA==", base64.b64encode(b"<a/>").decode()])
def test_garbage_is_not_an_answer(stage: Stage, saml_response: str) -> None:
    stage.start()

    assert "could not verify" in stage.answer(saml_response).xpath("string(//main)")


def test_an_answer_is_taken_in_the_browser_that_asked(stage: Stage) -> None:
    answer = stage.idp.success(stage.start())
    document = stage.answer(answer, browser=stage.application.test_client())

    assert "not started in this browser" in document.xpath("string(//main)")
    assert "taro" not in document.text_content()


def test_an_answer_is_taken_once(stage: Stage) -> None:
    answer = stage.idp.success(stage.start())

    assert result(stage.answer(answer)) == "ok"
    assert "not started in this browser" in stage.answer(answer).xpath("string(//main)")


def test_an_answer_after_half_an_hour_is_too_late(stage: Stage) -> None:
    answer = stage.idp.success(stage.start())
    stage.clock.ahead = timedelta(minutes=31)

    assert "too long ago" in stage.answer(answer).xpath("string(//main)")


def test_s01_the_cookie_comes_back_from_another_site_and_from_nowhere_else(stage: Stage) -> None:
    response = stage.browser.get("/mfa-test/?start", base_url="https://localhost:8445")
    cookie = response.headers["Set-Cookie"]

    assert cookie.startswith("__Host-")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=None"):
        assert part in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("path", ["/mfa-test/", "/mfa-test/health", "/mfa-test/metadata", "/mfa-test/nothing"])
def test_s09_s10_s15_every_answer_is_hardened(stage: Stage, path: str) -> None:
    headers = stage.browser.get(path, base_url="https://localhost:8445").headers

    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_a_forged_or_foreign_cookie_names_no_request() -> None:
    ours, other = PendingRequests(pending_key(b"ours")), PendingRequests(pending_key(b"other"))
    cookie = ours.add("", "id-1", NOW)

    assert ours.read(cookie, NOW) == ("id-1",)
    assert other.read(cookie, NOW) == ()
    for bad in ("", "id-1", "id-1.9999999999.", cookie.replace("id-1", "id-2"), "~" * 9000, "é.é.é", "a.١.b"):
        assert ours.read(bad, NOW) == ()


def test_a_browser_keeps_the_newest_few() -> None:
    pending = PendingRequests(pending_key(b"ours"))
    asked = tuple(f"id-{number}" for number in range(MOST + 2))
    cookie = ""
    for request_id in asked:
        cookie = pending.add(cookie, request_id, NOW)

    assert pending.read(cookie, NOW) == asked[-MOST:]
    assert pending.read(pending.remove(cookie, asked[-1], NOW), NOW) == asked[-MOST:-1]


def test_its_metadata_registers_it_as_any_other(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "metadata" / "mfa-test.xml"
    path.parent.mkdir()
    write_metadata(stage.settings, words(), path)
    served = stage.browser.get("/mfa-test/metadata", base_url="https://localhost:8445").get_data()
    (service_provider,) = read_entities(path.read_bytes(), source="mfa-test.xml")

    assert [each.name for each in path.parent.iterdir()] == ["mfa-test.xml"]
    assert read_entities(served, source="served") != []
    assert service_provider.entity_id == stage.settings.entity_id
    assert service_provider.want_assertions_signed
    assert service_provider.authn_requests_signed
    assert service_provider.encryption_keys
    assert dict(service_provider.display_names) == {"ja": "接続確認", "en": "Connection confirmation"}
    assert [each.location for each in service_provider.assertion_consumer_services] == [ACS]


def test_its_pages_load_their_look_from_itself(stage: Stage) -> None:
    for name in ("warifu.css", "site.css", "mark.svg"):
        response = stage.browser.get(f"/mfa-test/static/{name}", base_url="https://localhost:8445")
        assert response.status_code == 200, name
    assert SITE.colour in stage.browser.get("/mfa-test/static/site.css").get_data(as_text=True)
    assert stage.browser.get("/mfa-test/static/..%2frender.py").status_code == 404
