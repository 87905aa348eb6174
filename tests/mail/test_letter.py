"""What a letter looks like on the wire, and that nothing in it becomes a header or a second recipient (E-07)."""

from email.utils import parsedate_to_datetime

import pytest

from idp.core.mailbox import is_mailbox
from idp.mail import Letter
from tests.mail.conftest import LETTER, OpenPost, Post
from tests.parts.site import NOW
from tests.parts.smtp import PostOffice


def test_japanese_arrives_as_it_was_written(post: Post, office: PostOffice) -> None:
    message_id = post.post()

    post.deliver()

    (received,) = office.received
    message = received.message
    assert received.content.isascii()
    assert (message["Subject"], received.text.replace("\r\n", "\n")) == (LETTER.subject, LETTER.text)
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message["Content-Language"] == "ja"
    assert str(message["From"]) == "例示大学 <noreply@example.ac.jp>"
    assert message["Message-ID"] == message_id
    assert parsedate_to_datetime(message["Date"]) == NOW
    assert received.recipients == ["bob@example.ac.jp"]


def test_a_letter_says_that_no_person_wrote_it_and_is_of_no_list(post: Post, office: PostOffice) -> None:
    post.post()

    post.deliver()

    message = office.received[0].message
    assert message["Auto-Submitted"] == "auto-generated"
    assert [name for name in message.keys() if name.lower().startswith(("list-", "bcc", "cc"))] == []  # noqa: SIM118


def test_answers_go_where_the_site_says(open_post: OpenPost, office: PostOffice) -> None:
    post = open_post(office, reply_to="help@example.ac.jp")
    post.post()

    post.deliver()

    assert office.received[0].message["Reply-To"] == "help@example.ac.jp"


HOSTILE = [
    "bob@example.ac.jp\r\nBcc: eve@evil.example",
    "bob@example.ac.jp\nBcc: eve@evil.example",
    "bob@example.ac.jp\r\n",
    "bob@example.ac.jp, eve@evil.example",
    "bob@example.ac.jp eve@evil.example",
    "bob@example.ac.jp;eve@evil.example",
    "Bob <bob@example.ac.jp>",
    "bob@example.ac.jp> BODY=8BITMIME",
    '"bob\r\nBcc: eve@evil.example"@example.ac.jp',
    "bob@@example.ac.jp",
    "bob@example.ac.jp\0",
    "bob@example..jp",
    "bob@[192.0.2.1]",
    "ボブ@example.ac.jp",
    "bob@例示.jp",
    "@example.ac.jp",
    "bob",
    "",
    f"{'a' * 65}@example.ac.jp",
    f"bob@{'a.' * 130}jp",
]


@pytest.mark.parametrize("address", [pytest.param(text, id=f"E-07-{n}") for n, text in enumerate(HOSTILE)])
def test_what_is_not_exactly_one_address_gets_no_letter(address: str) -> None:
    assert not is_mailbox(address)
    with pytest.raises(ValueError, match="not one mail address"):
        Letter(address, "subject", "text", "en")


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@evil.example", "a\nb", "a\rb"])
def test_e07_a_subject_of_two_lines_is_refused(post: Post, subject: str) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        post.post(Letter("bob@example.ac.jp", subject, "text", "en"))

    assert post.waiting == 0


def test_e07_lines_of_the_text_end_no_message(post: Post, office: PostOffice) -> None:
    text = "first\n.\nMAIL FROM:<eve@evil.example>\n\r\n.\r\nRCPT TO:<eve@evil.example>\n"
    post.post(Letter("bob@example.ac.jp", "subject", text, "en"))

    post.deliver()

    (received,) = office.received
    assert received.recipients == ["bob@example.ac.jp"]
    assert "RCPT TO:<eve@evil.example>" in received.text


@pytest.mark.parametrize("address", ["a..b@docomo.example", "abc.@ezweb.example", "o'neil+x@example.ac.jp"])
def test_addresses_that_are_in_use_are_reached(post: Post, office: PostOffice, address: str) -> None:
    post.post(Letter(address, "件名", "本文\n", "ja"))

    post.deliver()

    assert office.received[0].recipients == [address]
    assert address.partition("@")[2] in str(office.received[0].message["To"])


def test_a_long_japanese_subject_and_line_are_folded(post: Post, office: PostOffice) -> None:
    subject, text = "登録" * 60, "本文" * 900 + "\n"
    post.post(Letter("bob@example.ac.jp", subject, text, "ja"))

    post.deliver()

    (received,) = office.received
    assert max(map(len, received.content.split(b"\r\n"))) <= 78
    assert (received.message["Subject"], received.text.replace("\r\n", "\n")) == (subject, text)
