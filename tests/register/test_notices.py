"""Whoever registers, replaces or resets: the person is told by mail, and nothing is changed of which they are not."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.core.notice import NoticeKind
from tests.parts.site import CAMPUS, Idp
from tests.parts.smtp import PostOffice, Received
from tests.register.conftest import MakeSite
from tests.register.steps import REGISTER, RESET, credentials_of, key_of, secrets_of, someone

NOTICES = (NoticeKind.REGISTERED, NoticeKind.REPLACED, NoticeKind.RESET)


@dataclass
class Told:
    """A site that writes to people, and their mail server."""

    idp: Idp
    office: PostOffice

    def letters(self) -> list[Received]:
        """Give what has come in, once all that was kept is sent."""
        outbox = self.idp.site.outbox
        assert outbox is not None
        outbox.deliver(self.idp.clock)
        return self.office.received


@pytest.fixture
def told(make_site: MakeSite) -> Iterator[Told]:
    with PostOffice() as office:
        yield Told(make_site(campus_replace="password", mail_toml=office.toml()), office)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_t33_each_change_is_told_in_the_persons_language_and_says_from_where(told: Told, language: str) -> None:
    person = someone(told.idp, language=language)
    person.register()
    told.idp.clock.advance(seconds=30)
    page = person.register()
    person.browser.submit(person.open(RESET), "reset")

    letters = told.letters()

    titles = [told.idp.site.words.text(language, f"totp.notice.{kind}.title") for kind in NOTICES]
    subjects = [str(each.message["Subject"]) for each in letters]
    assert all(title in subject for title, subject in zip(titles, subjects, strict=True))
    assert {"ja": "メール", "en": "mail"}[language] in page.html
    for letter in letters:
        assert letter.recipients == ["carol@example.ac.jp"]
        assert CAMPUS in letter.text
        assert "otpauth" not in letter.text


def test_t33_the_letter_is_kept_before_anything_is_changed(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    person = someone(told.idp)
    page = person.scan(person.open())
    seen: list[tuple[int, int]] = []
    enrol = told.idp.site.registrations.enrol

    def look(*given: object) -> bool:
        seen.append((_kept(told), len(credentials_of(told.idp))))
        return enrol(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(told.idp.site.registrations, "enrol", look)
    person.register(page)

    assert seen == [(1, 0)]
    assert len(told.letters()) == 1


@pytest.mark.parametrize("path", [REGISTER, RESET])
def test_t33_what_cannot_be_told_is_not_done(told: Told, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    person = someone(told.idp)
    person.register()
    before = secrets_of(told.idp)
    told.idp.clock.advance(seconds=30)
    page = person.open(path)
    monkeypatch.setattr(told.idp.site.outbox, "post", _fail)
    code = person.code(key=key_of(page)) if path == REGISTER else ""

    answer = person.browser.submit(page, path.rpartition("/")[2], tokencode=code)

    assert (answer.status, answer.code) == (503, Code.RECORDS_DOWN)
    assert secrets_of(told.idp) == before
    monkeypatch.undo()
    again = person.browser.get(page.action)
    assert again.name == page.name
    done = person.browser.submit(again, path.rpartition("/")[2], tokencode=code)
    assert done.name == ("account" if path == REGISTER else "register")


def test_t34_nobody_is_told_of_what_was_not_registered(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = someone(told.idp), someone(told.idp)
    page = second.scan(second.open())
    enrol = told.idp.site.registrations.enrol

    def meanwhile(*given: object) -> bool:
        monkeypatch.undo()
        first.register()
        return enrol(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(told.idp.site.registrations, "enrol", meanwhile)
    answer = second.browser.submit(page, "register", tokencode=second.code())

    assert answer.code == Code.OTHER_WAS_FIRST
    told.idp.clock.advance(hours=1)
    assert len(told.letters()) == 1


def test_nobody_is_told_of_wrong_codes_and_of_what_is_abandoned(told: Told) -> None:
    person = someone(told.idp)
    page = person.scan(person.open())
    person.browser.submit(page, "register", tokencode=person.code(steps=5))
    person.browser.submit(page, "register", tokencode=person.code(steps=500))
    told.idp.clock.advance(hours=1)

    assert told.letters() == []


def _fail(*given: object, **named: object) -> str:
    raise DependencyError(Code.RECORDS_DOWN, "made to fail")


def _kept(told: Told) -> int:
    outbox = told.idp.site.outbox
    assert outbox is not None
    return outbox._letters.waiting().count
