"""What must be proved, and what it is worth: conformance rows and rules of the configuration."""

from datetime import UTC, datetime

import pytest

from idp.core.errors import StatusError
from idp.core.proof import Binding, Factor, Proof
from idp.federation.service_provider import ServiceProvider
from idp.flow.policy import Aim, Demand, Policy, is_reached, satisfies
from idp.flow.rules import Person
from idp.settings.model import AuthnContext, Login, Rule
from idp.settings.model import ServiceProvider as ServiceProviderSettings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
TIME_SYNC = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
X509 = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
MFA = "https://refeds.org/profile/mfa"
COUNTING = (Binding.CAMPUS_FIRST, Binding.FACTOR, Binding.IMPORTED)

CONTEXTS = (
    AuthnContext(uri=PPT, methods=("password",)),
    AuthnContext(uri=TIME_SYNC, methods=("password", "totp")),
    AuthnContext(uri=X509, methods=("password", "clientcert")),
    AuthnContext(uri=MFA, two_factors=True, bindings=COUNTING),
)
PASSWORD = Proof("password", frozenset({Factor.KNOWLEDGE}), NOW)
APP = Proof("totp", frozenset({Factor.POSSESSION}), NOW, Binding.CAMPUS_FIRST)
REPLACED_APP = Proof("totp", frozenset({Factor.POSSESSION}), NOW, Binding.CAMPUS_REPLACED)
CERTIFICATE = Proof("clientcert", frozenset({Factor.POSSESSION}), NOW)
RULES = (
    Rule(name="never-from-guests", networks=("guests",), require="refuse"),
    Rule(name="campus", networks=("campus",), require="password"),
)


def policy(rules: tuple[Rule, ...] = RULES, sps: tuple[ServiceProviderSettings, ...] = ()) -> Policy:
    login = Login(methods=("password", "clientcert", "totp"), rules=rules, authn_contexts=CONTEXTS)
    return Policy(login, sps)


def demand(*class_refs: str, comparison: str = "exact") -> Demand:
    sp = ServiceProvider("https://sp.example.org/sp", ())
    return Demand(sp, comparison, class_refs, force=False, passive=False, since=NOW)


def aimed(*class_refs: str, comparison: str = "exact") -> list[str]:
    return [
        aim.context.uri
        for aim in policy().aims(demand(*class_refs, comparison=comparison), "campus", Person(), NOW)
        if aim.context
    ]


@pytest.mark.parametrize(
    ("comparison", "requested", "expected"),
    [
        pytest.param("exact", (MFA, PPT), [MFA, PPT], id="IIP-IDP08-exact-keeps-the-order-of-the-request"),
        pytest.param("exact", ("urn:unknown", TIME_SYNC), [TIME_SYNC], id="exact-passes-over-unknown-classes"),
        pytest.param("minimum", (TIME_SYNC,), [TIME_SYNC, X509, MFA], id="minimum-the-class-itself-first"),
        pytest.param("maximum", (TIME_SYNC,), [TIME_SYNC, PPT], id="maximum-as-strong-as-may-be"),
        pytest.param("better", (PPT, TIME_SYNC), [X509, MFA], id="better-stronger-than-each"),
    ],
)
def test_the_four_comparisons_over_one_order(comparison: str, requested: tuple[str, ...], expected: list[str]) -> None:
    assert aimed(*requested, comparison=comparison) == expected


@pytest.mark.parametrize(
    ("comparison", "requested"),
    [("exact", ("urn:unknown",)), ("minimum", ("urn:unknown",)), ("better", (MFA,))],
)
def test_a_request_no_class_can_meet_is_no_authn_context(comparison: str, requested: tuple[str, ...]) -> None:
    with pytest.raises(StatusError) as refused:
        policy().aims(demand(*requested, comparison=comparison), "campus", Person(), NOW)

    assert (refused.value.top, refused.value.sub) == ("Responder", "NoAuthnContext")


@pytest.mark.parametrize(
    ("proofs", "expected"),
    [
        pytest.param((PASSWORD,), PPT, id="password"),
        pytest.param((PASSWORD, APP), TIME_SYNC, id="password-and-app"),
        pytest.param((PASSWORD, CERTIFICATE), X509, id="password-and-certificate"),
        pytest.param((PASSWORD, REPLACED_APP), TIME_SYNC, id="a-replaced-app-is-still-an-app"),
    ],
)
def test_i08_where_nothing_is_requested_the_truth_is_stated(proofs: tuple[Proof, ...], expected: str) -> None:
    assert policy().asserted_context(Aim(None, two_factors=False, rule=""), proofs).uri == expected


@pytest.mark.parametrize(
    ("proofs", "counts"),
    [
        pytest.param((PASSWORD,), False, id="I-08-password-alone"),
        pytest.param((PASSWORD, APP), True, id="I-08-password-and-app"),
        pytest.param((PASSWORD, CERTIFICATE), True, id="I-08-password-and-certificate"),
        pytest.param((APP, CERTIFICATE), False, id="I-08-two-things-one-has"),
        pytest.param((PASSWORD, REPLACED_APP), False, id="I-08-an-app-replaced-by-password-alone"),
    ],
)
def test_mfa_is_stated_only_of_two_kinds_whose_binding_counts(proofs: tuple[Proof, ...], counts: bool) -> None:
    assert satisfies(CONTEXTS[3], proofs) is counts


def test_seed_02_from_the_campus_a_password_is_enough_and_from_outside_two_factors_are_wanted() -> None:
    [campus] = policy().aims(demand(), "campus", Person(), NOW)
    [outside] = policy().aims(demand(), "outside", Person(), NOW)

    assert is_reached(campus, (PASSWORD,))
    assert not is_reached(outside, (PASSWORD,))
    assert is_reached(outside, (PASSWORD, APP))


def test_no_rule_at_all_means_two_factors() -> None:
    [aim] = policy(rules=()).aims(demand(), "campus", Person(), NOW)

    assert aim.two_factors


def test_a_rule_that_refuses_says_its_name_and_denies() -> None:
    with pytest.raises(StatusError, match="never-from-guests") as refused:
        policy().aims(demand(), "guests", Person(), NOW)

    assert refused.value.sub == "RequestDenied"


def test_a_service_provider_may_have_a_class_of_its_own_where_it_requests_none() -> None:
    row = ServiceProviderSettings(entity_id="https://sp.example.org/sp", authn_contexts=(MFA,))

    [aim] = policy(sps=(row,)).aims(demand(), "campus", Person(), NOW)

    assert aim.context is not None
    assert aim.context.uri == MFA
