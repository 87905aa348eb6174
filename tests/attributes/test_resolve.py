import pytest

from idp.attributes.resolve import resolve
from idp.settings.model import Attribute

SCOPES = ("example.ac.jp", "hospital.example.ac.jp")


def values_of(
    attribute: Attribute, *, scopes: tuple[str, ...] = SCOPES, **directory: tuple[str, ...]
) -> tuple[str, ...]:
    resolved = resolve({"a": attribute}, directory, scopes)
    return resolved.attributes[0].values if resolved.attributes else ()


def dropped_of(attribute: Attribute, **directory: tuple[str, ...]) -> tuple[str, ...]:
    return resolve({"a": attribute}, directory, SCOPES).dropped


def test_a_source_gives_all_its_values_in_the_directorys_order() -> None:
    attribute = Attribute(name="urn:oid:2.5.4.3", friendly_name="cn", source="CN")

    resolved = resolve({"commonName": attribute}, {"cn": ("割符", "Warifu", "a,b")}, SCOPES).attributes[0]

    assert resolved.id == "commonName"
    assert (resolved.name, resolved.friendly_name) == ("urn:oid:2.5.4.3", "cn")
    assert resolved.values == ("割符", "Warifu", "a,b"), "several values stay separate, whatever is in them"


def test_a_constant_is_everybodys() -> None:
    assert values_of(Attribute(name="o", value=("Example University", "例示大学"))) == (
        "Example University",
        "例示大学",
    )


@pytest.mark.parametrize("given", [(), ("",), (" ", "\t")], ids=["none", "empty", "blank"])
def test_what_has_no_value_is_not_there(given: tuple[str, ...]) -> None:
    attribute = Attribute(name="mail", source="mail")

    assert values_of(attribute, mail=given) == ()
    assert dropped_of(attribute, mail=given) == ()
    assert values_of(attribute) == ()


def test_a_repeated_value_is_given_once() -> None:
    assert values_of(Attribute(name="mail", source="mail"), mail=("b", "a", "b")) == ("b", "a")


def test_values_are_not_trimmed() -> None:
    assert values_of(Attribute(name="cn", source="cn"), cn=(" a ",)) == (" a ",)


def test_the_order_is_the_configurations() -> None:
    attributes = {name: Attribute(name=name, source=name) for name in ("z", "a", "m")}

    resolved = resolve(attributes, {"a": ("1",), "m": ("2",), "z": ("3",)}, SCOPES)

    assert [attribute.id for attribute in resolved.attributes] == ["z", "a", "m"]


def test_a_scope_is_added_to_source_and_constant() -> None:
    assert values_of(Attribute(name="eppn", source="uid", scope="example.ac.jp"), uid=("alice",)) == (
        "alice@example.ac.jp",
    )
    assert values_of(Attribute(name="x", value=("member",), scope="example.ac.jp")) == ("member@example.ac.jp",)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("alice@evil.example", id="I-15-foreign-scope"),
        pytest.param("alice", id="I-15-no-scope"),
        pytest.param("@example.ac.jp", id="I-15-nobody"),
        pytest.param(" @example.ac.jp", id="I-15-blank"),
        pytest.param("alice@evil.example@example.ac.jp", id="I-15-two-scopes"),
        pytest.param("alice@example.ac.jp@evil.example", id="I-15-two-scopes-other-end"),
        pytest.param("alice@EXAMPLE.ac.jp", id="I-15-other-case"),
        pytest.param("alice@sub.example.ac.jp", id="I-15-below"),
        pytest.param("alice@example.ac.jp ", id="I-15-trailing-blank"),
        pytest.param("alice@", id="I-15-empty-scope"),
    ],
)
def test_a_scoped_value_of_a_foreign_scope_is_dropped(value: str) -> None:
    attribute = Attribute(name="eppn", source="eppn", scoped=True)

    assert values_of(attribute, eppn=(value, "bob@hospital.example.ac.jp")) == ("bob@hospital.example.ac.jp",)
    assert dropped_of(attribute, eppn=(value,)) == ("a",)


@pytest.mark.parametrize("value", [pytest.param("alice@evil.example", id="I-15-a-scope-inside")])
def test_a_value_that_brings_a_scope_gets_no_second_one(value: str) -> None:
    attribute = Attribute(name="eppn", source="uid", scope="example.ac.jp")

    assert values_of(attribute, uid=(value,)) == ()
    assert dropped_of(attribute, uid=(value,)) == ("a",)


def test_i15_a_configured_scope_that_is_not_the_sites_gives_nothing() -> None:
    assert values_of(Attribute(name="eppn", source="uid", scope="other.example"), uid=("alice",)) == ()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a\x00b", id="I-05-nul"),
        pytest.param("a\x0bb", id="I-05-control"),
        pytest.param("a\ufffeb", id="I-05-fffe"),
        pytest.param("a\uffffb", id="I-05-ffff"),
        pytest.param("a\ud800b", id="I-05-surrogate"),
    ],
)
def test_a_value_that_xml_cannot_carry_is_dropped_and_told(value: str) -> None:
    attribute = Attribute(name="cn", source="cn")

    assert values_of(attribute, cn=(value, "good")) == ("good",)
    assert dropped_of(attribute, cn=(value, "good")) == ("a",)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a<!--x-->b", id="I-05-comment"),
        pytest.param("]]>", id="I-05-cdata"),
        pytest.param("</AttributeValue>", id="I-05-end-tag"),
        pytest.param("&lt;", id="I-05-entity"),
        pytest.param("a\u202eb", id="I-05-rtl"),
        pytest.param("\U0001f600", id="I-05-astral"),
        pytest.param("a\tb\nc\rd", id="I-05-white-space"),
    ],
)
def test_text_that_only_looks_dangerous_is_kept_as_it_is(value: str) -> None:
    assert values_of(Attribute(name="cn", source="cn"), cn=(value,)) == (value,)
