"""What people are told, in which language and where; every change is told (T-33)."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.codes import Code
from idp.core.errors import AuthnError, DependencyError
from idp.core.notice import NoticeKind
from idp.core.subject import Subject
from idp.not_me import Denied
from idp.notices import MOST_ADDRESSES
from tests.parts.site import Idp, make_conf
from tests.parts.slapd import RunningSlapd, own_slapd
from tests.parts.smtp import PostOffice, Received

__all__ = ["own_slapd"]

HELP = ('# help_url = ""', 'help_url = "https://help.example.ac.jp/"\n# ""')


class Told:
    """A site, its mail server, and what bob was sent."""

    def __init__(self, idp: Idp, office: PostOffice, slapd: RunningSlapd) -> None:
        self.idp = idp
        self.office = office
        self._slapd = slapd

    @property
    def bob(self) -> Subject:
        found = self.idp.site.directory.find("bob")
        assert found is not None
        return found

    def modify(self, *lines: str) -> None:
        """Change bob's entry."""
        text = "\n".join(lines)
        self._slapd.server.apply(f"dn: uid=bob,{PEOPLE_DN}\nchangetype: modify\n{text}\n")

    def tell(
        self,
        kind: NoticeKind = NoticeKind.REGISTERED,
        language: str = "",
        network: str = "",
        address: str = "",
        *,
        method: str = "",
    ) -> None:
        now, place = self.idp.clock(), ip_address(address) if address else None
        self.idp.site.notices.tell(kind, self.bob, language, now, network, place, method=method)

    @property
    def stop_address(self) -> str:
        return self.idp.site.not_me.address(Denied(self.bob, "totp replaced", self.idp.clock()))

    def received(self) -> list[Received]:
        assert self.idp.site.outbox is not None
        self.idp.site.outbox.deliver(self.idp.clock)
        return self.office.received

    def metric(self, result: str) -> bool:
        return f'warifu_letters_total{{result="{result}"}} 1.0' in self.idp.site.metrics.render().decode()


@pytest.fixture
def told(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[Told]:
    with PostOffice() as office:
        extra = 'address_attributes = ["mail", "mailAlternateAddress", "description"]'
        conf = make_conf(tmp_path / "conf", own_slapd, mail_toml=office.toml(extra=extra), replace=(HELP,))
        idp = Idp.load(conf)
        yield Told(idp, office, own_slapd)
        idp.close()


def test_a_letter_says_what_when_where_and_what_to_do(told: Told) -> None:
    told.tell(NoticeKind.REPLACED, "en", "outside", "198.51.100.7", method="totp")

    (received,) = told.received()

    assert str(received.message["Subject"]) == "[Example University] Your one-time password app was replaced"
    assert received.text.splitlines() == [
        "bob:",
        "",
        "A one-time password app was registered anew for your account. "
        "The app registered before does not work any more.",
        "",
        "Time: 2026-11-24 09:00:00 JST",
        "Done from: outside the campus (198.51.100.7)",
        "",
        "If this was not you, tell the help desk at once and change your password.",
        "https://help.example.ac.jp/",
        "",
        "If it was not you, open this page and press its button. It stops every registration for your account until "
        "you have spoken to the help desk:",
        told.stop_address,
        "",
        "This mail was sent automatically.",
        "Example University",
    ]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=f"T-33-{kind}") for kind in NoticeKind])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_change_is_told_in_words_of_its_own(told: Told, kind: NoticeKind, language: str) -> None:
    told.tell(kind, language, "campus")

    (received,) = told.received()

    words = told.idp.site.words
    name = words.text(language, "notice.any")
    assert words.text(language, f"notice.{kind}.title", name=name) in str(received.message["Subject"])
    assert words.text(language, f"notice.{kind}.text", name=name) in received.text
    assert {"ja": "学内", "en": "on campus"}[language] in received.text


def test_a_method_without_words_for_it_is_told_by_its_name(told: Told) -> None:
    told.tell(NoticeKind.USED, "en", method="totp")

    (received,) = told.received()
    assert "Used: One-time password app" in str(received.message["Subject"])


@pytest.mark.parametrize(
    ("preferred", "given", "expected"),
    [
        ("en", "ja", "en"),
        ("ja-JP", "en", "ja"),
        ("fr, en;q=0.5", "ja", "en"),
        ("fr", "en", "en"),
        ("", "en", "en"),
        ("", "", "ja"),
        ("", "xx", "ja"),
        ("x" * 5000, "en", "en"),
    ],
)
def test_the_language_is_the_persons_then_the_pages_then_the_sites(
    told: Told, preferred: str, given: str, expected: str
) -> None:
    if preferred:
        told.modify("add: preferredLanguage", f"preferredLanguage: {preferred}")

    told.tell(language=given)

    assert told.received()[0].message["Content-Language"] == expected


def test_each_address_gets_a_letter_of_its_own(told: Told) -> None:
    told.modify("add: mail", "mail: bob@home.example", "-", "add: description", "description: bob@home.example")

    told.tell()

    assert sorted(each.recipients for each in told.received()) == [["bob@example.ac.jp"], ["bob@home.example"]]


def test_nobody_makes_us_flood_the_world(told: Told) -> None:
    told.modify("add: mail", *(f"mail: bob{number}@home.example" for number in range(20)))

    told.tell()

    assert len(told.received()) == MOST_ADDRESSES


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("bob@home.example\r\nBcc: eve@evil.example", id="E-07-crlf"),
        pytest.param("bob@home.example\nBcc: eve@evil.example", id="E-07-lf"),
        pytest.param("bob@home.example,eve@evil.example", id="E-07-two"),
    ],
)
def test_an_attribute_adds_no_recipient_and_no_header(told: Told, value: str) -> None:
    from base64 import b64encode

    told.modify("add: description", f"description:: {b64encode(value.encode()).decode()}")

    told.tell()

    (received,) = told.received()
    assert received.recipients == ["bob@example.ac.jp"]
    assert b"eve" not in received.content


def test_who_has_no_address_is_written_down_and_is_no_error(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    told.modify("replace: mail", "mail: nowhere")

    told.tell()

    assert told.received() == []
    assert told.metric("no-address")
    assert "person_not_told" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["Example\nUniversity", "Example\r\nBcc: eve@evil.example", '", <eve@evil.example>', ""]
)
def test_e07_the_sites_name_makes_no_header(tmp_path: Path, own_slapd: RunningSlapd, name: str) -> None:
    with PostOffice() as office:
        idp = Idp.load(make_conf(tmp_path / "conf", own_slapd, mail_toml=office.toml(), name_en=name))
        told = Told(idp, office, own_slapd)
        told.tell(language="en")
        (received,) = told.received()
        idp.close()

    message = received.message
    assert (received.recipients, received.sender) == (["bob@example.ac.jp"], "noreply@example.ac.jp")
    assert message["Bcc"] is None
    assert [each.addr_spec for each in message["From"].addresses] == ["noreply@example.ac.jp"]
    assert str(message["Subject"]).strip().startswith(f"[{' '.join(name.split()) or '例示大学'}] ")


def test_a_change_that_ends_is_told(told: Told) -> None:
    with told.idp.site.notices.telling(NoticeKind.RESET, told.bob, "", told.idp.clock()):
        assert told.received() == []

    assert len(told.received()) == 1


@pytest.mark.parametrize("error", [AuthnError(Code.WRONG_CODE), ValueError(), KeyError()])
def test_a_change_that_was_not_made_is_not_told(told: Told, error: Exception) -> None:
    with (
        pytest.raises(type(error)),
        told.idp.site.notices.telling(NoticeKind.RESET, told.bob, "", told.idp.clock()),
    ):
        raise error
    told.idp.clock.advance(hours=1)

    assert told.received() == []


@pytest.mark.parametrize("error", [DependencyError(Code.DIRECTORY_DOWN), KeyboardInterrupt(), SystemExit()])
def test_a_change_that_may_have_been_made_is_told_later(told: Told, error: BaseException) -> None:
    with (
        pytest.raises(type(error)),
        told.idp.site.notices.telling(NoticeKind.RESET, told.bob, "", told.idp.clock()),
    ):
        raise error
    assert told.received() == []
    told.idp.clock.advance(minutes=2)

    assert len(told.received()) == 1


def test_a_site_without_mail_counts_whom_it_did_not_tell(tmp_path: Path, own_slapd: RunningSlapd) -> None:
    idp = Idp.load(make_conf(tmp_path / "conf", own_slapd))
    told = Told(idp, PostOffice(), own_slapd)

    told.tell()

    assert idp.site.outbox is None
    assert told.metric("not-configured")
    assert not idp.site.settings.records_path.exists()
    idp.close()
