"""What the method answers, on a real directory: proofs, refusals, the count, what others may write there."""

from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import pytest

from idp.core.errors import DependencyError, SealError
from idp.core.ldif import read_records
from idp.plugin import (
    Ask,
    Binding,
    Code,
    Confirmed,
    Factor,
    Outcome,
    Proved,
    Refused,
    Skipped,
    Wrong,
)
from plugins.passkey.credential import PASSKEY, digest_of, write_key
from tests.parts.slapd import RunningSlapd
from tests.passkey.authenticator import BE, BS, ED, EDDSA, ES256, RS256, UP, UV, SoftKey, b64
from tests.passkey.conftest import Desk

BOTH = frozenset({Factor.POSSESSION, Factor.KNOWLEDGE})


def is_wrong(outcome: Outcome, code: Code = Code.WRONG_CODE) -> bool:
    return isinstance(outcome, Wrong) and outcome.code is code


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_after_a_password_a_passkey_proves_possession_and_with_verification_knowledge(
    desk: Desk, algorithm: int
) -> None:
    key = desk.register("carol", SoftKey(algorithm))

    plain, verified = desk.log_in(key, "carol", flags=UP), desk.log_in(key, "carol", flags=UP | UV)

    assert isinstance(plain, Proved)
    assert isinstance(verified, Proved)
    assert (plain.proof.factors, verified.proof.factors) == ({Factor.POSSESSION}, BOTH)
    assert (verified.subject.username, verified.proof.method, verified.proof.at, verified.proof.binding) == (
        "carol",
        "passkey",
        desk.tools.now,
        Binding.CAMPUS_FIRST,
    )


def test_alone_a_passkey_says_who_it_is_and_proves_both(desk: Desk) -> None:
    desk.register("bob")
    key = desk.register("carol")

    outcome = desk.log_in(key)

    assert isinstance(outcome, Proved)
    assert (outcome.subject, outcome.proof.factors) == (desk.subject("carol"), BOTH)


def test_alone_the_person_has_to_be_verified(desk: Desk) -> None:
    key = desk.register("carol")

    assert is_wrong(desk.log_in(key, flags=UP))


def test_who_has_none_is_not_asked(desk: Desk) -> None:
    assert isinstance(desk.method.begin(desk.visit("carol"), desk.tools), Skipped)
    assert isinstance(desk.method.resume(desk.visit("carol", {"signature": "AAAA"}), desk.tools), Skipped)


def test_where_passkeys_begin_no_login_nobody_is_asked_for_one_first(desk: Desk) -> None:
    desk.settings = {"passwordless": False}

    assert not hasattr(desk.method, "identify")
    assert isinstance(desk.method.begin(desk.visit(), desk.tools), Skipped)


def test_verification_is_demanded_after_a_password_where_the_site_says_so(desk: Desk) -> None:
    desk.settings = {"user_verification": "required"}
    key = desk.register("carol")

    assert is_wrong(desk.log_in(key, "carol", flags=UP))
    assert isinstance(desk.log_in(key, "carol", flags=UP | UV), Proved)


def test_t20_another_persons_passkey_finishes_nobodys_login(desk: Desk) -> None:
    bobs, carols = desk.register("bob"), desk.register("carol")
    ask = desk.ask("carol")

    assert is_wrong(desk.answer("carol", ask, bobs.get(ask.fresh["options"])), Code.APP_NOT_REGISTERED)
    bobs.credential_id = carols.credential_id
    assert is_wrong(desk.answer("carol", ask, bobs.get(ask.fresh["options"])))


def test_t20_a_passkey_with_another_persons_user_handle_is_nobodys(desk: Desk) -> None:
    bobs, carols = desk.register("bob"), desk.register("carol")

    assert is_wrong(desk.log_in(carols, user_handle=bobs.user_handle))
    assert is_wrong(desk.log_in(carols, "carol", user_handle=bobs.user_handle))
    assert is_wrong(desk.log_in(carols, user_handle=b""))


def test_a_passkey_that_nobody_registered_is_told_so(desk: Desk) -> None:
    desk.register("carol")

    assert is_wrong(desk.log_in(SoftKey(user_handle=b"x")), Code.APP_NOT_REGISTERED)


def test_a_challenge_is_good_once_whatever_follows(desk: Desk) -> None:
    key, ask = desk.register("carol"), desk.ask("carol")
    form = key.get(ask.fresh["options"])

    assert isinstance(desk.answer("carol", ask, form), Proved)
    again = desk.answer("carol", ask, form)

    assert is_wrong(again)
    assert isinstance(again, Wrong)
    assert again.ask.state != ask.state
    assert is_wrong(desk.answer("carol", ask, key.get(ask.fresh["options"])))


def test_of_many_who_send_one_answer_at_once_one_is_let_in(desk: Desk) -> None:
    key, ask = desk.register("carol"), desk.ask("carol")
    form = key.get(ask.fresh["options"])

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: desk.answer("carol", ask, form), range(16)))

    assert sum(isinstance(each, Proved) for each in outcomes) == 1


def test_a_challenge_is_good_for_five_minutes(desk: Desk) -> None:
    key, ask = desk.register("carol"), desk.ask("carol")
    form = key.get(ask.fresh["options"])

    desk.idp.clock.advance(minutes=5, seconds=1)
    outcome = desk.answer("carol", ask, form)

    assert isinstance(outcome, Ask)
    assert (outcome.problem, outcome.state == ask.state) == (Code.OFFER_EXPIRED, False)


def test_a_challenge_of_another_conversation_is_none(desk: Desk) -> None:
    key, ask, other = desk.register("carol"), desk.ask("carol"), desk.ask("carol")

    assert ask.state != other.state
    assert is_wrong(desk.answer("carol", ask, key.get(other.fresh["options"])))


def test_a_page_seen_again_is_the_same_page_until_it_is_too_old(desk: Desk) -> None:
    desk.register("carol")
    ask = desk.ask("carol")

    def again() -> Ask | Outcome:
        return desk.method.begin(desk.visit("carol", state=ask.state), desk.tools)

    assert again() == ask
    desk.idp.clock.advance(minutes=6)
    assert again() != ask


def test_a_form_without_a_passkey_is_not_counted_as_wrong(desk: Desk) -> None:
    desk.register("carol")

    outcome = desk.answer("carol", desk.ask("carol"), {})

    assert isinstance(outcome, Ask)
    assert outcome.problem is Code.CODE_EMPTY


WRONG: dict[str, Callable[[SoftKey], None]] = {
    "another-origin": lambda key: setattr(key, "origin", "https://idp.example.com"),
    "another-relying-party": lambda key: setattr(key, "rp_id", "example.com"),
    "nobody-present": lambda key: setattr(key, "flags", UV),
    "in-a-frame": lambda key: setattr(key, "cross_origin", True),
    "truncated-extensions": lambda key: setattr(key, "extensions", b"\xa1\x61"),
    "extensions-missing": lambda key: setattr(key, "flags", UP | UV | ED),
    "backup-flags-changed": lambda key: setattr(key, "flags", UP | UV | BE),
    "backup-flags-contradict": lambda key: setattr(key, "flags", UP | UV | BS),
    "another-key": lambda key: setattr(key, "_key", SoftKey()._key),
}


@pytest.mark.parametrize("username", ["carol", ""], ids=["after-a-password", "alone"])
@pytest.mark.parametrize("change", WRONG.values(), ids=list(WRONG))
def test_a_forged_assertion_is_wrong_and_counted(desk: Desk, change: Callable[[SoftKey], None], username: str) -> None:
    key = desk.register("carol")
    change(key)

    assert is_wrong(desk.log_in(key, username))
    assert desk.passkeys("carol")[0].used_at is None


@pytest.mark.parametrize("text", ["", "!", "A" * 16_000, b64(b"{}"), b64(b"\0" * 500)], ids=lambda each: each[:5])
@pytest.mark.parametrize("name", ["credential_id", "client_data_json", "authenticator_data", "signature"])
def test_a_field_of_something_else_is_wrong(desk: Desk, name: str, text: str) -> None:
    key, ask = desk.register("carol"), desk.ask()

    outcome = desk.answer("", ask, {**key.get(ask.fresh["options"]), name: text})

    assert isinstance(outcome, Wrong)


def test_the_count_rises_and_is_kept(desk: Desk) -> None:
    key = desk.register("carol", SoftKey(sign_count=4))

    assert isinstance(desk.log_in(key, "carol"), Proved)

    (passkey,) = desk.passkeys("carol")
    assert (passkey.state.sign_count, passkey.used_at) == (5, desk.tools.now)
    assert desk.alarms == []


@pytest.mark.parametrize("count", [0, 4, 5])
def test_a_count_that_does_not_rise_is_refused_and_told(desk: Desk, count: int) -> None:
    key = desk.register("carol", SoftKey(sign_count=5))

    assert is_wrong(desk.log_in(key, "carol", sign_count=count), Code.APP_STOPPED)

    assert len(desk.alarms) == 1
    assert f"from 5 to {count}" in desk.alarms[0]
    assert desk.passkeys("carol")[0].state.sign_count == 5


def test_a_count_that_does_not_rise_is_told_and_let_in_where_the_site_says_so(desk: Desk) -> None:
    desk.settings = {"copied": "alarm"}
    key = desk.register("carol", SoftKey(sign_count=5))

    assert isinstance(desk.log_in(key, "carol", sign_count=3), Proved)

    assert len(desk.alarms) == 1
    assert desk.passkeys("carol")[0].state.sign_count == 5


def test_a_passkey_without_a_count_never_had_one(desk: Desk) -> None:
    key = desk.register("carol", SoftKey(flags=UP | UV | BE | BS))

    assert isinstance(desk.log_in(key, "carol"), Proved)
    assert isinstance(desk.log_in(key, "carol"), Proved)
    assert desk.alarms == []


def test_whether_it_is_backed_up_is_kept_as_it_changes(desk: Desk) -> None:
    key = desk.register("carol", SoftKey(flags=UP | UV | BE))
    assert not desk.passkeys("carol")[0].state.is_backed_up

    desk.log_in(key, "carol", flags=UP | UV | BE | BS)

    assert desk.passkeys("carol")[0].state.is_backed_up


def test_a_passkey_that_was_taken_away_meanwhile_proves_nothing(desk: Desk) -> None:
    key, ask = desk.register("carol"), desk.ask("carol")
    desk.register("carol")
    first = desk.passkeys("carol")[0].registered
    form = key.get(ask.fresh["options"])

    assert desk.method.withdraw(desk.subject("carol"), first, desk.tools)

    assert is_wrong(desk.answer("carol", ask, form), Code.APP_NOT_REGISTERED)


def test_a_passkey_taken_away_while_it_was_judged_proves_nothing(desk: Desk) -> None:
    key, ask = desk.register("carol"), desk.ask("carol")
    form = key.get(ask.fresh["options"])
    tools = desk.tools

    class Slow:
        """The directory in which somebody takes it away just before the count is written."""

        def __getattr__(self, name: str) -> object:
            return getattr(tools.credentials, name)

        def swap(self, *given: object) -> bool:
            tools.credentials.remove(desk.subject("carol"), PASSKEY)
            return tools.credentials.swap(*given)  # type: ignore[arg-type]

    outcome = desk.method.resume(desk.visit("carol", form, ask.state), replace(tools, credentials=Slow()))  # type: ignore[arg-type]

    assert not isinstance(outcome, Proved)


def test_an_offer_is_good_for_five_minutes(desk: Desk) -> None:
    key, ask = SoftKey(), desk.offer("carol")
    form = key.create(ask.values["options"])

    desk.idp.clock.advance(minutes=5, seconds=1)

    assert desk.confirm("carol", ask, form) == Refused(Code.OFFER_EXPIRED)


def test_bound_by_the_password_alone_it_is_no_way_around_the_password(desk: Desk) -> None:
    key = desk.register("carol", binding=Binding.CAMPUS_REPLACED)

    alone, after = desk.log_in(key), desk.log_in(key, "carol")

    assert alone == Refused(Code.BINDING_TOO_WEAK)
    assert isinstance(after, Proved)
    assert after.proof.binding is Binding.CAMPUS_REPLACED


def test_several_have_one_user_handle_and_no_more_than_the_most_stand(desk: Desk) -> None:
    desk.settings = {"most": 2}
    keys = [desk.register("carol") for _ in range(2)]
    ask, third = desk.offer("carol"), SoftKey()

    confirmed = desk.confirm("carol", ask, third.create(ask.values["options"]))

    assert isinstance(confirmed, Confirmed)
    assert not desk.keep("carol", confirmed)
    assert len({each.user_handle for each in (*keys, third)}) == 1
    assert "carol" not in keys[0].user_handle.decode("latin-1")
    assert len(keys[0].user_handle) == 32
    assert desk.register("bob").user_handle != keys[0].user_handle


def test_of_two_further_ones_at_once_one_is_kept(desk: Desk) -> None:
    """Each was decided about what stood before (security.md T-34)."""
    desk.register("carol")
    subject, standing = desk.subject("carol"), desk.method.registered(desk.subject("carol"), desk.tools)
    confirmed = []
    for key in (SoftKey(), SoftKey()):
        ask = desk.offer("carol")
        confirmed.append(desk.confirm("carol", ask, key.create(ask.values["options"])))

    with ThreadPoolExecutor(2) as pool:
        kept = list(
            pool.map(lambda each: desk.method.add(subject, each, standing, Binding.FACTOR, desk.tools), confirmed)
        )

    assert sorted(kept) == [False, True]
    assert len(desk.passkeys("carol")) == 2
    assert not desk.method.enrol(subject, confirmed[0], None, Binding.FACTOR, desk.tools)


def test_a_credential_that_is_somebodys_already_is_not_registered_again(desk: Desk) -> None:
    bobs = desk.register("bob")

    for username in ("carol", "bob"):
        ask = desk.offer(username)
        assert is_wrong(desk.confirm(username, ask, bobs.create(ask.values["options"])), Code.WRONG_FIRST_CODE)


def test_an_authenticator_that_has_one_already_is_told_so_by_the_page(desk: Desk) -> None:
    key = desk.register("carol")

    assert b64(key.credential_id) in desk.offer("carol").values["options"]
    assert '"transports":["hybrid","internal"]' in desk.ask("carol").fresh["options"]
    assert b64(key.credential_id) not in desk.ask().fresh["options"]


def test_a_name_is_kept_on_one_line_and_changed(desk: Desk) -> None:
    ask, key = desk.offer("carol"), SoftKey()
    label = "  my\r\nblue \0key\u202e " + "x" * 200
    confirmed = desk.confirm("carol", ask, {**key.create(ask.values["options"]), "label": label})
    assert isinstance(confirmed, Confirmed)
    assert desk.keep("carol", confirmed)

    (passkey,) = desk.passkeys("carol")
    assert (passkey.label[:12], len(passkey.label)) == ("my blue key ", 40)

    assert desk.method.rename(desk.subject("carol"), passkey.registered, "office", desk.tools)
    assert desk.passkeys("carol")[0].label == "office"


FIELDS = ("id", "secret", "data", "label", "state", "bound_at")


def _stored(slapd: RunningSlapd, dn: str, field: str) -> bytes:
    records = read_records(BytesIO(slapd.server.dump().encode()))
    return next(each.values[PASSKEY.fields[field].lower()][0] for each in records if each.dn.lower() == dn.lower())


def _write(slapd: RunningSlapd, dn: str, values: dict[str, bytes]) -> None:
    changes = "-\n".join(
        f"replace: {PASSKEY.fields[field]}\n{PASSKEY.fields[field]}:: {b64encode(value).decode()}\n"
        for field, value in values.items()
    )
    slapd.server.apply(f"dn: {dn}\nchangetype: modify\n{changes}")


@pytest.mark.parametrize("what", ["another-persons", "ones-own-that-was-taken-away", "in-the-clear"])
def test_t20_whoever_may_write_the_directory_puts_nobodys_key_there(
    desk: Desk, own_slapd: RunningSlapd, what: str
) -> None:
    """What the thief has is bob's, or carol's of old: copied over hers, with all that stands beside it."""
    carols, thiefs = desk.register("carol"), desk.register("bob")
    mine, theirs = (f"warifuCredentialName=passkey-1,{desk.subject(name).dn}" for name in ("carol", "bob"))
    copied = {field: _stored(own_slapd, theirs, field) for field in FIELDS}
    if what == "ones-own-that-was-taken-away":
        copied = {field: _stored(own_slapd, mine, field) for field in FIELDS if field != "id"}
        desk.method.withdraw(desk.subject("carol"), desk.passkeys("carol")[0].registered, desk.tools)
        desk.register("carol")
        thiefs = carols
    if what == "in-the-clear":
        copied["secret"] = write_key(desk.passkeys("bob")[0].key).reveal()
    asks = [desk.ask("carol"), desk.ask()]

    _write(own_slapd, mine, copied)

    with pytest.raises(SealError):
        desk.answer("carol", asks[0], thiefs.get(asks[0].fresh["options"]))
    with suppress(SealError):
        assert is_wrong(desk.answer("", asks[1], thiefs.get(asks[1].fresh["options"])), Code.APP_NOT_REGISTERED)


def test_a_count_that_somebody_wrote_there_is_not_believed(desk: Desk, own_slapd: RunningSlapd) -> None:
    key = desk.register("carol", SoftKey(sign_count=5))
    _write(own_slapd, f"warifuCredentialName=passkey-1,{desk.subject('carol').dn}", {"state": b"-1 0"})

    with pytest.raises(SealError):
        desk.log_in(key)


def test_one_digest_in_two_places_is_nobodys(desk: Desk, own_slapd: RunningSlapd) -> None:
    key = desk.register("carol")
    desk.register("bob")
    digest = digest_of(key.credential_id)

    _write(own_slapd, f"warifuCredentialName=passkey-1,{desk.subject('bob').dn}", {"data": digest})

    assert is_wrong(desk.log_in(key), Code.APP_NOT_REGISTERED)
    assert isinstance(desk.log_in(key, "carol"), Proved)


def test_while_the_directory_is_away_nobody_is_let_in(desk: Desk, own_slapd: RunningSlapd) -> None:
    key = desk.register("carol")
    ask, subject = desk.ask(), desk.subject("carol")
    form = key.get(ask.fresh["options"])

    own_slapd.server.stop()

    with pytest.raises(DependencyError):
        desk.answer("", ask, form)
    with pytest.raises(DependencyError):
        desk.method.registered(subject, desk.tools)


@pytest.mark.parametrize(("rp_id", "fault"), [("", ""), ("example.ac.jp", ""), ("example.com", "rp_id")])
def test_check_names_a_relying_party_that_no_browser_will_use(desk: Desk, rp_id: str, fault: str) -> None:
    desk.settings = {"rp_id": rp_id}

    assert [each.key.rpartition(".")[2] for each in desk.method.check(desk.tools)] == ([fault] if fault else [])


def test_check_names_the_schema_that_is_not_there(desk: Desk) -> None:
    lacking = replace(desk.tools, credentials=SimpleNamespace(lacks=lambda kind: (kind.object_class,)))  # type: ignore[arg-type]

    (problem,) = desk.method.check(lacking)

    assert "warifuCredential" in problem.what
