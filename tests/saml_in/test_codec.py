"""A verified request kept by the conversation."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.federation.metadata_reader import read_entities
from idp.saml.codec import authn_request_from_json, authn_request_to_json, entity_id_of
from idp.saml.model import AuthnRequest, Comparison, NameIDPolicy, RequestedAuthnContext
from tests.parts.service_provider import ARTIFACT, POST, Acs


@pytest.fixture
def provider(sp):
    return read_entities(sp.metadata(), source="a.xml")[0]


@pytest.fixture
def full(provider) -> AuthnRequest:
    return AuthnRequest(
        id="_a",
        service_provider=provider,
        assertion_consumer_service_url=provider.assertion_consumer_services[0].location,
        binding=POST,
        issue_instant=datetime(2026, 11, 24, 9, 0, 0, 123000, tzinfo=UTC),
        relay_state='あ"\n',
        force_authn=True,
        is_passive=True,
        requested_authn_context=RequestedAuthnContext(Comparison.BETTER, ("urn:a", "urn:b")),
        name_id_policy=NameIDPolicy("urn:f", "urn:q", allow_create=True),
        subject_name_id="x",
        requester_asks_unsupported="urn:u",
        signed=True,
    )


def test_a_request_comes_back_as_it_was(full, provider):
    bare = AuthnRequest("_b", provider, full.assertion_consumer_service_url, POST, full.issue_instant)
    for request in (full, bare):
        text = authn_request_to_json(request)
        assert entity_id_of(text) == provider.entity_id
        assert authn_request_from_json(text, provider) == request
        assert authn_request_from_json(text.encode(), provider) == request


def test_the_service_provider_is_the_one_of_now(full, provider):
    now = replace(provider, display_names={"en": "Renamed"})
    assert authn_request_from_json(authn_request_to_json(full), now).service_provider is now


def test_an_endpoint_that_left_the_metadata_is_refused(sp, full):
    for acs in ([Acs("https://sp.example.org/new")], [Acs(sp.acs, 0, ARTIFACT), Acs("https://sp.example.org/new", 1)]):
        changed = read_entities(sp.metadata(acs=acs), source="a.xml")[0]
        with pytest.raises(ProtocolError) as refused:
            authn_request_from_json(authn_request_to_json(full), changed)
        assert refused.value.code is Code.ENDPOINT_UNKNOWN


def test_a_service_provider_that_has_gone_is_refused(full, provider):
    for found in (None, replace(provider, entity_id="https://other.example.org")):
        with pytest.raises(ProtocolError) as refused:
            authn_request_from_json(authn_request_to_json(full), found)
        assert refused.value.code is Code.UNKNOWN_SERVICE


def test_a_text_that_is_no_request_is_refused(full, provider):
    fields = json.loads(authn_request_to_json(full))
    broken = [json.dumps({key: value for key, value in fields.items() if key != gone}) for gone in fields]
    for text in ("", "[]", "{}", b"\xff", *broken):
        with pytest.raises(ProtocolError):
            authn_request_from_json(text, provider)
