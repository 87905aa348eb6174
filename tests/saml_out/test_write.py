"""What is written is exclusive canonical XML, whatever a directory holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from idp.core.codes import Code
from idp.core.errors import WarifuError
from idp.xml.names import DS, SAML, SAMLP
from idp.xml.write import Canonical, Element, IllegalCharacterError, branch, checked, element, is_writable, write

VALUE = SAML.name("AttributeValue")

HOSTILE = [
    "a<!--x-->b",
    "]]>",
    "</AttributeValue>",
    "</saml:Issuer>",
    "&lt;",
    "&#0;",
    "<?pi x?>",
    "<![CDATA[x]]>",
    "\u202eevil\u202c",
    "\t a \n b \r c \r\n",
    "  ",
    "\x85\u2028\ufeff\u00a0",
    "\U0001f600\U0010fffd",
    "\"'`=>",
    "é e\u0301",
]
ILLEGAL = ["\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800", "a\udfffb"]

legal = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)).filter(is_writable)
names = st.sampled_from([SAML.name("A"), SAMLP.name("B"), DS.name("C")])
attributes = st.dictionaries(st.sampled_from(["ID", "Id", "URI", "xml:lang", "zeta", "Ä"]), legal, max_size=6)
trees = st.recursive(
    st.builds(element, names, attributes, legal),
    lambda children: st.builds(
        lambda name, kept, inner: element(name, kept, *inner),
        names,
        attributes,
        st.lists(st.one_of(children, legal, st.none()), max_size=4),
    ),
    max_leaves=12,
)


def canonical(text: str) -> bytes:
    return etree.tostring(etree.fromstring(text.encode()), method="c14n", exclusive=True)


@settings(max_examples=400, deadline=None)
@given(trees)
def test_i05_what_is_written_equals_exclusive_c14n(tree: Element) -> None:
    text = write(tree)

    assert canonical(text) == text.encode()
    assert checked(text) == text.encode()


@settings(max_examples=300, deadline=None)
@given(legal)
def test_i05_a_value_is_read_back_as_it_was(value: str) -> None:
    root = etree.fromstring(write(element(VALUE, {"Name": value}, value)).encode())

    assert (root.text or "") == value
    assert root.get("Name") == value
    assert len(root) == 0


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=5), st.sampled_from(ILLEGAL), st.text(max_size=5))
def test_i05_what_xml_cannot_carry_is_refused(before: str, bad: str, after: str) -> None:
    text = before + bad + after

    assert not is_writable(text)
    with pytest.raises(IllegalCharacterError):
        write(element(VALUE, None, text))
    with pytest.raises(ValueError, match="XML cannot carry"):
        write(element(VALUE, {"Name": text}))


@pytest.mark.parametrize("code_point", [*range(0x20), 0x7F, 0x85, 0xD7FF, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF, 0x1FFFE])
def test_i05_a_character_is_writable_when_a_parser_takes_it(code_point: int) -> None:
    document = b"<a>" + chr(code_point).encode().replace(b"\r", b"&#xD;") + b"</a>"
    try:
        taken = etree.fromstring(document).text == chr(code_point)
    except etree.XMLSyntaxError:
        taken = False

    assert is_writable(chr(code_point)) is taken


def test_a_branch_declares_its_own_namespaces() -> None:
    inner = element(SAML.name("Assertion"), None, element(DS.name("Signature")))
    document = write(element(SAMLP.name("Response"), None, element(SAML.name("Issuer"), None, "i"), inner))

    assert write(inner) in document


def test_a_branch_written_before_stands_where_it_is_put() -> None:
    child = element(DS.name("DigestValue"), None, "x")

    assert write(element(DS.name("Reference"), None, branch(child, DS))) == write(
        element(DS.name("Reference"), None, child)
    )


@pytest.mark.parametrize("text", ["<a/>", "<a b='c'></a>", "<a><b></a>", "", "<a>&#65;</a>"])
def test_the_self_check_refuses_what_is_not_canonical(text: str) -> None:
    with pytest.raises(WarifuError) as refusal:
        checked(text)

    assert refusal.value.code is Code.BROKEN


def test_the_self_check_finds_a_broken_branch() -> None:
    with pytest.raises(WarifuError):
        checked(write(element(VALUE, None, Canonical("<x/>"))))
