"""What other servers say of a password (directory.md 6) and of an account, from their own words."""

from datetime import UTC, datetime

import pytest

from idp.directory.connection import PPOLICY
from idp.directory.name import is_same_dn
from idp.directory.policy import judge_bind, read_policy
from idp.directory.record import AccountState, read_id, read_state, write_id
from idp.directory.result import Answer, Entry
from idp.plugin.tools import BindAnswer, BindState

LOCKED, EXPIRED, RESET = b"\x30\x03\x81\x01\x01", b"\x30\x03\x81\x01\x00", b"\x30\x03\x81\x01\x02"
GRACE_3, SOON = b"\x30\x05\xa0\x03\x81\x01\x03", b"\x30\x06\xa0\x04\x80\x02\x0e\x10"
AFTER_389 = "2.16.840.1.113730.3.4.4"


def _ad(sub_code: str) -> str:
    return f"80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data {sub_code}, v4f7c"


SENT_BY_389 = bytes.fromhex("30840000000ea0840000000580030151808101" + "02")
"""Lengths in four bytes each: a warning and an error in one."""


@pytest.mark.parametrize(
    ("code", "message", "controls", "expected"),
    [
        pytest.param(0, "", {}, BindAnswer(BindState.ACCEPTED), id="plain"),
        pytest.param(0, "", {PPOLICY: b""}, BindAnswer(BindState.ACCEPTED), id="empty-control"),
        pytest.param(0, "", {PPOLICY: b"\x30\x00"}, BindAnswer(BindState.ACCEPTED), id="empty-sequence"),
        pytest.param(0, "", {PPOLICY: GRACE_3}, BindAnswer(BindState.ACCEPTED, 3), id="grace"),
        pytest.param(0, "", {PPOLICY: SOON}, BindAnswer(BindState.ACCEPTED, None, 3600), id="expires-soon"),
        pytest.param(0, "", {PPOLICY: RESET}, BindAnswer(BindState.MUST_CHANGE), id="W-12-success-but-reset"),
        pytest.param(0, "", {PPOLICY: LOCKED}, BindAnswer(BindState.LOCKED), id="success-but-locked"),
        pytest.param(0, "", {AFTER_389: b"0"}, BindAnswer(BindState.MUST_CHANGE), id="389-must-change"),
        pytest.param(0, "", {PPOLICY: SENT_BY_389, AFTER_389: b"0"}, BindAnswer(BindState.MUST_CHANGE),
                     id="389-must-change-and-time-left"),
        pytest.param(0, "", {PPOLICY: GRACE_3, AFTER_389: b"0"}, BindAnswer(BindState.ACCEPTED, 3), id="389-grace"),
        pytest.param(49, "", {PPOLICY: LOCKED}, BindAnswer(BindState.LOCKED), id="openldap-locked"),
        pytest.param(49, "", {PPOLICY: EXPIRED}, BindAnswer(BindState.EXPIRED), id="openldap-expired"),
        pytest.param(49, "", {PPOLICY: b"\x30\x84\xff"}, BindAnswer(BindState.WRONG), id="W-12-wrong-and-broken"),
        pytest.param(19, "Exceed password retry limit", {}, BindAnswer(BindState.LOCKED), id="389-locked"),
        pytest.param(53, "Account inactivated. Contact system administrator.", {}, BindAnswer(BindState.DISABLED),
                     id="W-14-389-disabled"),
        pytest.param(53, "unauthenticated bind (DN with no password) disallowed", {}, None, id="unwilling"),
        pytest.param(32, "", {}, BindAnswer(BindState.WRONG), id="no-such-entry"),
        pytest.param(48, "", {}, BindAnswer(BindState.WRONG), id="no-password-there"),
        pytest.param(49, _ad("52e"), {}, BindAnswer(BindState.WRONG), id="ad-wrong"),
        pytest.param(49, _ad("533"), {}, BindAnswer(BindState.DISABLED), id="W-14-ad-disabled"),
        pytest.param(49, _ad("530"), {}, BindAnswer(BindState.DISABLED), id="ad-hours"),
        pytest.param(49, _ad("701"), {}, BindAnswer(BindState.DISABLED), id="ad-account-expired"),
        pytest.param(49, _ad("532"), {}, BindAnswer(BindState.EXPIRED), id="ad-password-expired"),
        pytest.param(49, _ad("773"), {}, BindAnswer(BindState.MUST_CHANGE), id="ad-must-change"),
        pytest.param(49, _ad("775"), {}, BindAnswer(BindState.LOCKED), id="ad-locked"),
        *(pytest.param(code, "", {}, None, id=f"server-{code}") for code in (1, 2, 8, 10, 13, 51, 52, 80)),
    ],
)  # fmt: skip
def test_an_answer_is_judged(code: int, message: str, controls: dict[str, bytes], expected: BindAnswer | None) -> None:
    assert judge_bind(Answer(code, message, controls)) == expected


@pytest.mark.parametrize(
    "value",
    [b"\x30", b"\x30\x01", b"\x30\x02\x81\x01", b"\x30\x02\x81\x00", b"\x30\x00\x00", b"\x31\x00",
     b"\x30\x03\x81\x01\xff", b"\x30\x06\x81\x01\x01\x81\x01\x01",
     b"\x30\x80", b"\x30\x84\x00\x00", b"\x30\x85\x00\x00\x00\x00\x00",
     b"\x30\x08\x81\x06\x01\x01\x01\x01\x01\x01", b"\x30\x03\x83\x01\x00"],
)  # fmt: skip
def test_w12_a_broken_control_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="password policy control"):
        read_policy(value)


NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "lockout_seconds", "state"),
    [
        pytest.param({}, 0, AccountState.ACTIVE, id="nothing-said"),
        pytest.param({"pwdaccountlockedtime": b"000001010000Z"}, 600, AccountState.LOCKED, id="locked-for-ever"),
        pytest.param({"pwdaccountlockedtime": b"20260401085500Z"}, 600, AccountState.LOCKED, id="locked-5-minutes-ago"),
        pytest.param({"pwdaccountlockedtime": b"20260401084500Z"}, 600, AccountState.ACTIVE, id="lock-has-run-out"),
        pytest.param({"pwdaccountlockedtime": b"20260401084500Z"}, 0, AccountState.LOCKED, id="lock-does-not-run-out"),
        pytest.param({"pwdaccountlockedtime": b"soon"}, 600, AccountState.DISABLED, id="unreadable"),
        pytest.param({"pwdreset": b"TRUE"}, 0, AccountState.MUST_CHANGE, id="must-change"),
        pytest.param({"pwdendtime": b"20260331000000Z"}, 0, AccountState.DISABLED, id="ended"),
        pytest.param({"pwdstarttime": b"20260501000000.5Z"}, 0, AccountState.DISABLED, id="not-yet-begun"),
        pytest.param({"nsaccountlock": b"TRUE"}, 0, AccountState.DISABLED, id="W-14-389"),
        pytest.param({"useraccountcontrol": b"514"}, 0, AccountState.DISABLED, id="W-14-ad"),
        pytest.param({"useraccountcontrol": b"512"}, 0, AccountState.ACTIVE, id="ad-normal"),
        pytest.param({"accountexpires": b"0"}, 0, AccountState.ACTIVE, id="ad-never-0"),
        pytest.param({"accountexpires": b"9223372036854775807"}, 0, AccountState.ACTIVE, id="ad-never"),
        pytest.param({"accountexpires": b"132000000000000000"}, 0, AccountState.DISABLED, id="ad-ended"),
        pytest.param({"lockouttime": b"132000000000000000"}, 0, AccountState.LOCKED, id="ad-locked"),
        pytest.param({"pwdlastset": b"0"}, 0, AccountState.MUST_CHANGE, id="ad-must-change"),
    ],
)
def test_the_state_of_an_account_is_read(values: dict[str, bytes], lockout_seconds: int, state: AccountState) -> None:
    entry = Entry("uid=a", {name: (value,) for name, value in values.items()})

    assert read_state(entry, NOW, lockout_seconds) is state


def test_an_object_guid_is_written_as_active_directory_shows_it() -> None:
    text = "33221100-5544-7766-8899-aabbccddeeff"

    assert read_id("objectGUID", bytes.fromhex("00112233445566778899aabbccddeeff")) == text
    assert read_id("objectGUID", write_id("objectGUID", text)) == text


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("uid=a\\2cb,dc=x", True),
        ("UID=A\\,B , DC=X", True),
        ("uid=a,dc=x", False),
        ("", False),
        ("uid=a\\,b", False),
        ("not a dn", False),
    ],
)
def test_names_are_compared_by_meaning(other: str, same: bool) -> None:
    assert is_same_dn("uid=a\\,b,dc=x", other) is same
