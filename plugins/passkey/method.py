"""The passkey page and its judgement: after a password, or in place of it (WebAuthn Level 3, 7.2).

What it proves: a passkey is something the person has. Where the authenticator verified the person it does not say
how, by PIN or by finger; since every one of them takes the PIN in place of the finger, it counts as something known.
So a password with a passkey is two kinds and never three, and a verified passkey alone is two (NIST SP 800-63B-4 3.1.7,
a multi-factor cryptographic authenticator).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from idp.plugin import (
    Ask,
    Binding,
    Claim,
    Code,
    Factor,
    Outcome,
    Problem,
    Proof,
    Proved,
    Refused,
    Skipped,
    Subject,
    Tools,
    Visit,
    Wrong,
)
from plugins.passkey.ceremony import Assertion, Shown, read_assertion, verify_assertion
from plugins.passkey.challenge import Challenge, current_challenge, new_challenge, read_challenge
from plugins.passkey.credential import PASSKEY, Passkey, State, find_owner, read_passkeys, write_time
from plugins.passkey.enrol import PasskeyEnrolment
from plugins.passkey.options import request_options
from plugins.passkey.refusal import CeremonyError, Doubt
from plugins.passkey.relying_party import relying_party
from plugins.passkey.settings import PasskeySettings

REQUIRED = "required"
PAGE = "passkey"
RACES = 5
"""How often a count that somebody else moved is tried again."""
CODES: Mapping[Doubt, Code] = {Doubt.UNKNOWN: Code.APP_NOT_REGISTERED, Doubt.COUNTER: Code.APP_STOPPED}
"""What the person can do something about; every other doubt has one text."""
FIELDS = ("credential_id", "client_data_json", "authenticator_data", "signature")


class PasskeyMethod(PasskeyEnrolment):
    """Knows the person, once a password has said who it is, by a passkey registered for them."""

    def __init__(self, settings: PasskeySettings) -> None:
        super().__init__(settings)
        self._settings = settings

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Ask for a passkey; step aside for who has none."""
        return self._begin(visit, tools, current_challenge(visit.state, tools.now))

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Judge an assertion. Whatever is wrong with one has the same answer, and a new challenge follows."""
        if not any(visit.form.get(name) for name in FIELDS):
            return self._again(visit, tools, Code.CODE_EMPTY)
        challenge = read_challenge(visit.state)
        if challenge is None or not challenge.is_fresh(tools.now):
            return self._again(visit, tools, Code.OFFER_EXPIRED)
        try:
            return self._judge(visit, tools, challenge)
        except CeremonyError as error:
            code = CODES.get(error.doubt, Code.WRONG_CODE)
            again = self._again(visit, tools, code)
            return Wrong(code, again) if isinstance(again, Ask) else again

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Say what is wrong with the relying party's id, and what the directory's schema lacks."""
        problems = []
        us = relying_party(self._settings.rp_id, tools.site)
        if not us.is_ours:
            what = f"{us.id!r} is neither the host of site.base_url nor a domain above it: no browser will use it"
            problems.append(Problem("idp.toml", "plugins.passkey.rp_id", what, "Leave it out"))
        lacking = ", ".join(tools.credentials.lacks(PASSKEY))
        if lacking:
            remedy = "Add what `warifu directory install` prints to the directory's configuration"
            problems.append(Problem("the directory", "schema", f"it does not know {lacking}", remedy))
        return problems

    def _again(self, visit: Visit, tools: Tools, problem: Code) -> Ask | Skipped:
        ask = self._begin(visit, tools, new_challenge(tools.now))
        return replace(ask, problem=problem) if isinstance(ask, Ask) else ask

    def _begin(self, visit: Visit, tools: Tools, challenge: Challenge) -> Ask | Skipped:
        standing = read_passkeys(visit.subject, tools) if visit.subject is not None else ()
        return self._ask(visit.subject, standing, challenge, tools) if standing else Skipped()

    def _ask(self, subject: Subject | None, standing: Sequence[Passkey], challenge: Challenge, tools: Tools) -> Ask:
        us = relying_party(self._settings.rp_id, tools.site)
        wanted = self._settings.user_verification if subject is not None else REQUIRED
        values = {"username": subject.username if subject is not None else ""}
        options = request_options(us, challenge, wanted, standing)
        return Ask(PAGE, values, state=challenge.state, fresh={"options": options})

    def _judge(self, visit: Visit, tools: Tools, challenge: Challenge) -> Outcome:
        assertion = read_assertion(visit.form)
        if assertion is None:
            raise CeremonyError(Doubt.UNREADABLE, "the fields")
        subject = visit.subject or (visit.claim.subject if visit.claim is not None else None)
        if subject is None:
            raise CeremonyError(Doubt.UNKNOWN)
        passkey = _named(assertion, read_passkeys(subject, tools), is_handle_needed=visit.subject is None)
        us = relying_party(self._settings.rp_id, tools.site)
        is_alone = visit.subject is None
        verified = is_alone or self._settings.user_verification == REQUIRED
        shown = verify_assertion(assertion, challenge.octets, us, passkey.key.public_key, verified=verified)
        if shown.is_backup_eligible is not passkey.key.is_backup_eligible:
            raise CeremonyError(Doubt.BACKUP, "what can be backed up is so for ever")
        if is_alone and passkey.binding is Binding.CAMPUS_REPLACED:
            # Bound by the password alone it is no way around the password (design 14).
            return Refused(Code.BINDING_TOO_WEAK)
        if not challenge.use(tools):
            raise CeremonyError(Doubt.CHALLENGE, "it was used already")
        self._count(subject, passkey, shown, tools)
        factors = {Factor.POSSESSION, Factor.KNOWLEDGE} if shown.is_verified else {Factor.POSSESSION}
        return Proved(subject, Proof("passkey", frozenset(factors), tools.now, passkey.binding, passkey.bound_at))

    def _count(self, subject: Subject, passkey: Passkey, shown: Shown, tools: Tools) -> None:
        """Write the new count in place of the old one; of two with one count, one was first (6.1.1)."""
        current: Passkey | None = passkey
        for _ in range(RACES):
            if current is None:
                break
            self._require_risen(subject, current, shown.sign_count, tools)
            state = State(max(shown.sign_count, current.state.sign_count), shown.is_backed_up)
            new = {"used_at": write_time(tools.now), "state": state.write()}
            if tools.credentials.swap(subject, current.credential, PASSKEY, new):
                return
            current = next((each for each in read_passkeys(subject, tools) if each.key == passkey.key), None)
        raise CeremonyError(Doubt.UNKNOWN, "it was taken away")

    def _require_risen(self, subject: Subject, passkey: Passkey, sign_count: int, tools: Tools) -> None:
        """A count that does not rise, where there is one, is that of a copy."""
        if sign_count > passkey.state.sign_count or sign_count == passkey.state.sign_count == 0:
            return
        counts = f"{passkey.state.sign_count} to {sign_count}"
        tools.alarm(f"{subject.dn}: the count of {passkey.credential.name} went from {counts}; is there a copy of it?")
        if self._settings.copied == "refuse":
            raise CeremonyError(Doubt.COUNTER)


class PasswordlessMethod(PasskeyMethod):
    """Begins a login as well: the passkey says who the person is (`Identifying`)."""

    def identify(self, visit: Visit, tools: Tools) -> Claim:
        """Find whose passkey the form names. Proves nothing."""
        if visit.subject is not None:
            return Claim(visit.subject.username, visit.subject)
        assertion = read_assertion(visit.form)
        subject = find_owner(assertion.credential_id, tools) if assertion is not None else None
        return Claim(subject.username if subject is not None else "", subject)

    def _begin(self, visit: Visit, tools: Tools, challenge: Challenge) -> Ask | Skipped:
        if visit.subject is None:
            return self._ask(None, (), challenge, tools)
        return super()._begin(visit, tools, challenge)


def make_method(settings: PasskeySettings) -> PasskeyMethod:
    """Give the method that the settings ask for."""
    return PasswordlessMethod(settings) if settings.passwordless else PasskeyMethod(settings)


def _named(assertion: Assertion, standing: Sequence[Passkey], *, is_handle_needed: bool) -> Passkey:
    """Give the person's passkey that an assertion names, by its sealed id; its user handle has to be theirs (T-20)."""
    for each in standing:
        if each.key.credential_id == assertion.credential_id:
            if (assertion.user_handle or is_handle_needed) and assertion.user_handle != each.key.user_handle:
                raise CeremonyError(Doubt.HANDLE)
            return each
    raise CeremonyError(Doubt.UNKNOWN)
