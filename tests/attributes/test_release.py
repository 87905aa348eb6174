import pytest

from idp.attributes.release import release
from idp.attributes.resolve import Resolved, resolve
from idp.federation.service_provider import ServiceProvider
from idp.settings.model import Attribute, Release

SP = "https://sp.example.org/shibboleth"
CATEGORY = "http://refeds.org/category/research-and-scholarship"
AFFILIATIONS = ("member", "staff", "library-walk-in")


@pytest.fixture
def resolved() -> Resolved:
    attributes = {name: Attribute(name=f"urn:{name}", source=name) for name in ("mail", "affiliation", "cn")}
    return resolve(attributes, {"mail": ("a@x", "b@x"), "affiliation": AFFILIATIONS, "cn": ("Alice",)}, ())


def sp(entity_id: str = SP, *categories: str) -> ServiceProvider:
    return ServiceProvider(entity_id, (), entity_categories=categories)


def rule(*attributes: str, **rest: object) -> Release:
    return Release.model_validate({"name": "r", "attributes": attributes, **rest})


def released(resolved: Resolved, service_provider: ServiceProvider, *rules: Release) -> dict[str, tuple[str, ...]]:
    return {attribute.id: attribute.values for attribute in release(resolved, service_provider, rules)}


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param((), id="I-09-no-rules"),
        pytest.param((rule("mail", service_providers=["https://other.example/"]),), id="I-09-other-sp"),
        pytest.param((rule("mail", service_providers=[SP + "/"]),), id="I-09-longer-name"),
        pytest.param((rule("mail", service_providers=[SP.upper()]),), id="I-09-other-case"),
        pytest.param((rule("mail", entity_categories=[CATEGORY]),), id="I-09-other-category"),
        pytest.param((rule("mail"),), id="I-09-rule-for-nobody"),
        pytest.param((rule("unknown", any_service_provider=True),), id="I-09-unknown-attribute"),
        pytest.param((rule("mail", any_service_provider=True, values={"mail": []}),), id="I-09-no-value"),
        pytest.param((rule("mail", any_service_provider=True, values={"mail": ["c@x"]}),), id="I-09-other-value"),
    ],
)
def test_nothing_is_released_without_a_rule(resolved: Resolved, rules: tuple[Release, ...]) -> None:
    assert release(resolved, sp(), rules) == ()


@pytest.mark.parametrize(
    "by",
    [{"service_providers": [SP]}, {"entity_categories": ["x", CATEGORY]}, {"any_service_provider": True}],
    ids=["entity id", "category", "any"],
)
def test_a_rule_releases_all_values_of_its_attributes(resolved: Resolved, by: dict[str, object]) -> None:
    assert released(resolved, sp(SP, CATEGORY), rule("mail", **by)) == {"mail": ("a@x", "b@x")}


def test_rules_add_up_and_the_order_is_the_attributes_own(resolved: Resolved) -> None:
    rules = (rule("cn", service_providers=[SP]), rule("mail", any_service_provider=True))

    assert list(released(resolved, sp(), *rules).items()) == [("mail", ("a@x", "b@x")), ("cn", ("Alice",))]


def test_a_rule_may_release_some_values_only(resolved: Resolved) -> None:
    some = rule("affiliation", any_service_provider=True, values={"affiliation": ["staff", "student"]})
    more = rule("affiliation", service_providers=[SP], values={"affiliation": ["member"]})

    assert released(resolved, sp("https://other/"), some) == {"affiliation": ("staff",)}
    assert released(resolved, sp(), some, more) == {"affiliation": ("member", "staff")}


def test_values_of_an_attribute_that_the_rule_does_not_name_are_not_released(resolved: Resolved) -> None:
    assert released(resolved, sp(), rule("cn", any_service_provider=True, values={"mail": ["a@x"]})) == {
        "cn": ("Alice",)
    }


def test_a_released_attribute_carries_its_names(resolved: Resolved) -> None:
    [mail] = release(resolved, sp(), [rule("mail", any_service_provider=True)])

    assert (mail.name, mail.name_format) == ("urn:mail", "urn:oasis:names:tc:SAML:2.0:attrname-format:uri")
