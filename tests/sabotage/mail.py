"""Rows on letters: that they reach the person alone, and that none is lost."""

from tests.sabotage.row import Sabotage

OUTBOX = "tests/mail/test_outbox.py"
SERVER = "tests/mail/test_server.py"
NOTICES = "tests/mail/test_notices.py"

ROWS = (
    Sabotage(
        "what an attribute holds is taken for an address",
        "idp/notices.py",
        "if is_mailbox(each)]",
        "if each]",
        f"{NOTICES}::test_an_attribute_adds_no_recipient_and_no_header",
    ),
    Sabotage(
        "the end of a line is passed over in an address",
        "idp/core/mailbox.py",
        "MAILBOX.fullmatch(text)",
        "MAILBOX.match(text)",
        "tests/mail/test_letter.py::test_what_is_not_exactly_one_address_gets_no_letter",
    ),
    Sabotage(
        "a letter is forgotten before it is sent",
        "idp/mail/outbox.py",
        "            try:\n                conversation.send(",
        "            self._letters.remove(record.message_id)\n            try:\n                conversation.send(",
        f"{OUTBOX}::test_a_notice_survives_kill_9_of_the_sender",
    ),
    Sabotage(
        "two senders take the same letter",
        "idp/store/records.py",
        "UPDATE letter SET due = ?1, tries",
        "UPDATE letter SET due = due + 0 * ?1, tries",
        f"{OUTBOX}::test_several_senders_send_each_letter_once",
    ),
    Sabotage(
        "a letter that was not taken is thrown away",
        "idp/mail/outbox.py",
        "if error.forever or now - record.posted >= GIVEN_UP_AFTER:",
        "if True:",
        f"{OUTBOX}::test_what_is_not_taken_is_tried_again_ever_more_rarely",
    ),
    Sabotage(
        "a letter is tried for ever",
        "idp/mail/outbox.py",
        "if error.forever or now - record.posted >= GIVEN_UP_AFTER:",
        "if error.forever:",
        f"{OUTBOX}::test_after_three_days_a_letter_is_given_up_with_an_alarm",
    ),
    Sabotage(
        "a server that drips is waited for",
        "idp/mail/server.py",
        "    timer.start()\n",
        "",
        f"{OUTBOX}::test_f15_a_server_that_drips_is_left",
    ),
    Sabotage(
        "letters are only nearly on the disk",
        "idp/store/records.py",
        "SCHEMA, durable=True)",
        "SCHEMA)",
        f"{OUTBOX}::test_letters_are_on_the_disk_before_the_change_is_made",
    ),
    Sabotage(
        "any mail server is believed",
        "idp/mail/server.py",
        "ssl.create_default_context(cafile=settings.ca)",
        "ssl._create_unverified_context()",
        f"{SERVER}::test_a_server_that_is_not_the_one_named_gets_nothing",
    ),
    Sabotage(
        "STARTTLS is left out",
        "idp/mail/server.py",
        'if self._settings.tls == "starttls":',
        "if False:",
        f"{SERVER}::test_a_server_without_starttls_gets_neither_letter_nor_password",
    ),
    Sabotage(
        "mail goes out in the clear",
        "idp/cli/safe_addresses.py",
        'if mail is not None and mail.tls == "none" and not _is_loopback(mail.server):',
        "if False:",
        "tests/cli/test_check.py::test_mail_settings_that_are_unsafe_are_named",
    ),
    Sabotage(
        "what was not done is told",
        "idp/notices.py",
        "            self._settle(held, None)\n",
        "            self._settle(held, now)\n",
        f"{NOTICES}::test_a_change_that_was_not_made_is_not_told",
    ),
    Sabotage(
        "what was done before this process was killed is not told",
        "idp/mail/outbox.py",
        "due = now + HELD_FOR if hold else now",
        "due = now + HELD_FOR * 10_000 if hold else now",
        f"{NOTICES}::test_a_change_that_may_have_been_made_is_told_later",
    ),
    Sabotage(
        "nobody is told that an app was taken away",
        "plugins/totp/commands.py",
        '        with administration.telling(NoticeKind.RESET, subject, "totp"):',
        "        if True:",
        "tests/totp_admin/test_notices.py::test_a_change_at_the_desk_is_told",
    ),
    Sabotage(
        "a slow mail server holds up the refresher",
        "idp/cli/postman.py",
        "        self._thread.start()",
        "        self._run()",
        "tests/mail/test_refresher.py::test_f15_a_mail_server_that_says_nothing_holds_up_nothing_else",
    ),
)
