import re

from idp.attributes.model import TRANSIENT
from idp.attributes.name_id import FORMATS, transient_name_id


def test_a_transient_name_is_new_each_time_and_a_valid_id() -> None:
    """IIP-SSO05: an xs:ID, at least 128 bits of chance (SAML Core 1.3.4)."""
    names = {transient_name_id("https://idp", "https://sp").value for _ in range(1000)}

    assert len(names) == 1000
    assert all(re.fullmatch("_[0-9a-f]{32}", name) for name in names)


def test_a_transient_name_is_qualified_by_both_sides() -> None:
    name_id = transient_name_id("https://idp", "https://sp")

    assert (name_id.format, name_id.name_qualifier, name_id.sp_name_qualifier) == (
        TRANSIENT,
        "https://idp",
        "https://sp",
    )
    assert name_id.format in FORMATS
