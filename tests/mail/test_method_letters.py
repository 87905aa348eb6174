"""A method writes to the address the site's directory has for recovery, and to no other (security.md E-07)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.subject import Subject
from idp.plugin import Letters, Tools
from idp.words import Words
from tests.parts.site import Idp, make_conf
from tests.parts.slapd import RunningSlapd, own_slapd
from tests.parts.smtp import PostOffice, Received

__all__ = ["own_slapd"]

WORDS = '[totp.letter.code]\nsubject = "Your code"\ntext = "The code is {code}."\n'


class Desk:
    """A site with a mail server, a method's letters, and bob."""

    def __init__(self, idp: Idp, office: PostOffice, slapd: RunningSlapd) -> None:
        self.idp, self.office, self._slapd = idp, office, slapd

    @property
    def tools(self) -> Tools:
        return self.idp.site.tools("totp")

    @property
    def letters(self) -> Letters:
        return self.tools.letters

    @property
    def bob(self) -> Subject:
        found = self.idp.site.directory.find("bob")
        assert found is not None
        return found

    def write_address(self, *values: str) -> None:
        """Put values into the attribute of bob's entry."""
        lines = "\n".join(f"description:: {value}" for value in values)
        change = f"replace: description\n{lines}" if values else "replace: description"
        self._slapd.server.apply(f"dn: uid=bob,{PEOPLE_DN}\nchangetype: modify\n{change}\n")

    def received(self) -> list[Received]:
        assert self.idp.site.outbox is not None
        self.idp.site.outbox.deliver(self.idp.clock)
        return self.office.received


@pytest.fixture
def desk(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[Desk]:
    (tmp_path / "words").mkdir()
    for language in ("ja", "en"):
        (tmp_path / "words" / f"{language}.toml").write_text(WORDS)
    with PostOffice() as office:
        extra = 'recovery_attribute = "description"'
        idp = Idp.load(make_conf(tmp_path / "conf", own_slapd, mail_toml=office.toml(extra=extra)))
        more = Words.load([tmp_path / "words"], ("ja", "en"))
        for language, texts in more._texts.items():
            idp.site.words._texts[language].update(texts)
        yield Desk(idp, office, own_slapd)
        idp.close()


def encoded(text: str) -> str:
    from base64 import b64encode

    return b64encode(text.encode()).decode()


def test_the_letter_goes_to_the_recovery_address_in_the_words_of_the_method(desk: Desk) -> None:
    desk.write_address(encoded("bob@mail.example.com"))

    assert desk.letters.address(desk.bob) == "bob@mail.example.com"
    assert desk.letters.send(desk.bob, "code", {"code": "123456"}, "en")
    (received,) = desk.received()

    assert received.recipients == ["bob@mail.example.com"]
    assert str(received.message["Subject"]) == "[Example University] Your code"
    assert received.text.splitlines() == [
        "bob:",
        "",
        "The code is 123456.",
        "",
        "This mail was sent automatically.",
        "",
        "Example University",
    ]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("bob@example.com\r\nBcc: eve@example.org", id="E-07-line-end"),
        pytest.param("bob@example.com, eve@example.org", id="E-07-two-addresses"),
        pytest.param("bob@example.com> RCPT TO:<eve@example.org", id="E-07-command"),
        pytest.param("Bob <bob@example.com>", id="E-07-with-a-name"),
        pytest.param("none", id="E-07-no-address"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_not_exactly_one_address_is_none(desk: Desk, value: str) -> None:
    desk.write_address(*([encoded(value)] if value else []))

    assert desk.letters.address(desk.bob) == ""
    assert not desk.letters.send(desk.bob, "code", {"code": "123456"}, "en")
    assert desk.received() == []


def test_of_several_values_the_first_that_is_an_address_is_written_to(desk: Desk) -> None:
    desk.write_address(encoded("at home"), encoded("bob@example.com"), encoded("bob@example.org"))

    assert desk.letters.address(desk.bob) == "bob@example.com"
    assert desk.letters.send(desk.bob, "code", {"code": "123456"}, "en")
    assert [each.recipients for each in desk.received()] == [["bob@example.com"]]


def test_a_site_without_mail_writes_to_nobody(tmp_path: Path, own_slapd: RunningSlapd) -> None:
    idp = Idp.load(make_conf(tmp_path / "conf", own_slapd))
    try:
        subject = idp.site.directory.find("bob")
        assert subject is not None
        assert idp.site.tools("totp").letters.address(subject) == ""
        assert not idp.site.tools("totp").letters.send(subject, "code", {}, "en")
    finally:
        idp.close()
