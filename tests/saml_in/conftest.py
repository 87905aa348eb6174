"""One service provider, one identity provider's expectations, one moment."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import pytest

from idp.federation.metadata_reader import read_entities
from idp.federation.service_provider import ServiceProvider
from idp.saml.conditions import Expectations
from idp.saml.decode import decode_post, decode_redirect
from idp.saml.model import AuthnRequest
from idp.saml.verify_request import verify_authn_request
from tests.parts.service_provider import POST, REDIRECT, TestSP

NOW = datetime(2026, 11, 24, 9, 0, 0, tzinfo=UTC)
REDIRECT_URL = "https://idp.example.ac.jp/idp/profile/SAML2/Redirect/SSO"
POST_URL = "https://idp.example.ac.jp/idp/profile/SAML2/POST/SSO"
EXPECTATIONS = Expectations(destinations={REDIRECT: frozenset({REDIRECT_URL}), POST: frozenset({POST_URL})})


class Receive(Protocol):
    """Takes a message as the wire brings it; `metadata` are the documents we know."""

    def __call__(
        self, wire: bytes | str, *metadata: bytes, expectations: Expectations = ..., now: datetime = ...
    ) -> AuthnRequest: ...


def finder(*metadata: bytes) -> Callable[[str], ServiceProvider | None]:
    """Give the look-up over these metadata documents."""
    providers = {item.entity_id: item for data in metadata for item in read_entities(data, source="test")}
    return providers.get


@pytest.fixture
def sp() -> TestSP:
    return TestSP()


@pytest.fixture
def receive_redirect() -> Receive:
    def receive(wire, *metadata, expectations=EXPECTATIONS, now=NOW):
        octets = wire.encode() if isinstance(wire, str) else wire
        documents = metadata or (TestSP().metadata(),)
        return verify_authn_request(
            decode_redirect(octets), find=finder(*documents), expectations=expectations, now=now
        )

    return receive


@pytest.fixture
def receive_post() -> Receive:
    def receive(wire, *metadata, expectations=EXPECTATIONS, now=NOW):
        documents = metadata or (TestSP().metadata(),)
        return verify_authn_request(decode_post(wire), find=finder(*documents), expectations=expectations, now=now)

    return receive
