"""@node-saml/node-saml as a service provider, in a process of Node.js (tests/node)."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.clients.browser import Browser, hidden_fields, is_encrypted
from tests.clients.site import MFA, PPT, Site, attributes_of
from tests.parts.driver import Reply
from tests.parts.served import ROOT
from tests.parts.service_provider import TestSP
from tests.parts.site import BASE_URL, ENTITY_ID

pytestmark = pytest.mark.slow

SP = TestSP("node-saml")
RELAY_STATE = "where-I-was"
"""Without a space: node-saml signs it as %20 and sends it as +."""

SCRIPT = ROOT / "tests" / "node" / "service-provider.mjs"
FIELDS = ("SAMLRequest", "RelayState")
NAMES = {
    "uid": "urn:oid:0.9.2342.19200300.100.1.1",
    "mail": "urn:oid:0.9.2342.19200300.100.1.3",
    "displayName": "urn:oid:2.16.840.1.113730.3.1.241",
    "eduPersonPrincipalName": "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
    "eduPersonScopedAffiliation": "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
}


class NodeError(Exception):
    """What node-saml said against an answer; `status` is the samlp:Status it was shown."""

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Client:
    """The service provider's process; a wish for another configuration is a service provider of the same name."""

    process: subprocess.Popen[str]
    site: Site

    def ask(self, do: str, **given: object) -> dict[str, Any]:
        """Have one thing done. Raises NodeError."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("no pipes")
        self.process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("node ended; was `npm ci` run in tests/node?")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise NodeError(answer["error"], str(answer["status"]))
        return answer

    def begin(self, browser: Browser, **wishes: object) -> Reply:
        """Send a browser off with a signed request by Redirect."""
        return browser.get(self.ask("authorize", relayState=RELAY_STATE, wishes=wishes)["url"])

    def begin_by_post(self, browser: Browser, **wishes: object) -> Reply:
        """Send a browser off with a signed request by POST."""
        fields = hidden_fields(self.ask("form", relayState=RELAY_STATE, wishes=wishes)["html"])
        return browser.post(f"{BASE_URL}/idp/profile/SAML2/POST/SSO", {name: fields[name] for name in FIELDS})

    def read(self, page: Reply, **wishes: object) -> Any:
        """Have node-saml verify and decrypt the answer that a page holds; None is NoPassive. Raises NodeError."""
        assert (page.action, page.hidden["RelayState"]) == (SP.acs, RELAY_STATE)
        return self.ask("validate", fields=page.hidden, wishes=wishes)["profile"]


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[Client]:
    process = subprocess.Popen(["node", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        client = Client(process, site)
        client.ask("configure", settings=_settings(site))
        metadata = client.ask("metadata", certificate=SP.certificate_pem.decode())["xml"]
        site.drop(SP, metadata.encode())
        yield client
    finally:
        process.communicate(timeout=20)


def _settings(site: Site) -> dict[str, object]:
    return {
        "issuer": SP.entity_id,
        "audience": SP.entity_id,
        "callbackUrl": SP.acs,
        "idpCert": site.certificate_text,
        "idpIssuer": ENTITY_ID,
        "entryPoint": f"{BASE_URL}/idp/profile/SAML2/Redirect/SSO",
        "privateKey": SP.key_pem.decode(),
        "decryptionPvk": SP.key_pem.decode(),
        "signatureAlgorithm": "sha256",
        "digestAlgorithm": "sha256",
        "identifierFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        "wantAuthnResponseSigned": True,
        "wantAssertionsSigned": True,
        "validateInResponseTo": "always",
        "disableRequestedAuthnContext": True,
    }


def test_a_password_on_campus_is_enough_and_every_attribute_arrives(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser()

    profile = client.read(browser.log_in(client.begin(browser), account))

    assert _seen_in(profile) == attributes_of(account)
    assert PPT in profile["assertion"]
    assert browser.pages == ["password"]
    assert is_encrypted(browser.answers[-1])


def test_two_factors_are_proved_when_node_saml_asks_for_them_by_post(client: Client) -> None:
    account, browser = client.site.account(), client.site.browser()
    wishes: dict[str, object] = {
        "disableRequestedAuthnContext": False,
        "authnContext": [MFA],
        "authnRequestBinding": "HTTP-POST",
        "skipRequestCompression": True,
        "entryPoint": f"{BASE_URL}/idp/profile/SAML2/POST/SSO",
    }

    profile = client.read(browser.log_in(client.begin_by_post(browser, **wishes), account), **wishes)

    assert _seen_in(profile) == attributes_of(account)
    assert f"<saml:AuthnContextClassRef>{MFA}</saml:AuthnContextClassRef>" in profile["assertion"]
    assert browser.pages == ["password", "certificate", "totp"]


def test_a_login_that_may_show_no_page_logs_nobody_in(client: Client) -> None:
    page = client.begin(client.site.browser(), passive=True)

    assert client.read(page, passive=True) is None


def test_a_class_that_nobody_can_prove_comes_back_as_the_error_it_is(client: Client) -> None:
    wishes: dict[str, object] = {"disableRequestedAuthnContext": False, "authnContext": ["urn:example:iris-scan"]}
    page = client.begin(client.site.browser(), **wishes)

    with pytest.raises(NodeError) as refusal:
        client.read(page, **wishes)

    assert "status:Responder" in refusal.value.status
    assert "status:NoAuthnContext" in refusal.value.status


def test_an_answer_that_is_given_twice_is_refused_by_node_saml(client: Client) -> None:
    browser = client.site.browser()
    answered = browser.log_in(client.begin(browser), client.site.account())
    client.read(answered)

    with pytest.raises(NodeError, match="InResponseTo"):
        client.read(answered)


def _seen_in(profile: dict[str, Any]) -> dict[str, list[str]]:
    values = {name: profile[uri] for name, uri in NAMES.items()}
    return {name: sorted(value) if isinstance(value, list) else [value] for name, value in values.items()}
