"""Registering passkeys: several, each with a name (WebAuthn Level 3, 7.1)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_bytes

from idp.plugin import (
    Ask,
    Binding,
    Code,
    Confirmed,
    Refused,
    Registered,
    Secret,
    Subject,
    Tools,
    Trial,
    Visit,
    Wrong,
    read_label,
)
from plugins.passkey.ceremony import NewKey, verify_creation
from plugins.passkey.challenge import Challenge, current_challenge, read_challenge
from plugins.passkey.credential import (
    PASSKEY,
    TRANSPORTS,
    Key,
    Passkey,
    State,
    find_owner,
    read_key,
    read_passkeys,
    values_of,
    write_key,
)
from plugins.passkey.options import User, Wishes, creation_options
from plugins.passkey.refusal import CeremonyError
from plugins.passkey.relying_party import relying_party
from plugins.passkey.settings import PasskeySettings

HANDLE_OCTETS = 32
"""Random, and nothing about the person (WebAuthn Level 3, 14.6.1)."""
FIELDS = ("client_data_json", "attestation_object")


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered: a challenge, and the user handle that the new passkey is made for."""

    challenge: Challenge
    user_handle: bytes

    @property
    def state(self) -> bytes:
        """What is kept of it."""
        return self.challenge.state + self.user_handle


class PasskeyEnrolment:
    """The registration of passkeys (`Several`)."""

    def __init__(self, settings: PasskeySettings) -> None:
        self._settings = settings
        # A passkey that is to begin logins has to be kept by its authenticator, which has to verify the person.
        self._wishes = (
            Wishes("required", "required") if settings.passwordless else Wishes("preferred", settings.user_verification)
        )

    @property
    def most(self) -> int:
        """How many may stand."""
        return self._settings.most

    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        """Say which passkeys are registered, since when, how each was bound and when it was last used."""
        return tuple(each.registered for each in read_passkeys(subject, tools))

    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        """Offer a new passkey, or with `visit.state` the same once more while its challenge is good."""
        if visit.subject is None:
            return Refused(Code.APP_NOT_REGISTERED)
        kept = _offered(visit.state)
        state = kept.challenge.state if kept is not None else b""
        challenge = current_challenge(state, tools.now)
        if kept is not None and kept.challenge == challenge:
            return self._show(kept, visit.subject, tools)
        return self._show(Offer(challenge, _handle_of(visit.subject, tools)), visit.subject, tools)

    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        """Judge what the authenticator made; a credential that is anybody's already is not taken (7.1 step 26)."""
        offer = _offered(visit.state)
        if visit.subject is None or offer is None or not offer.challenge.is_fresh(tools.now):
            return Refused(Code.OFFER_EXPIRED)
        label = read_label(visit.form.get("label", ""))
        ask = self._show(offer, visit.subject, tools, label)
        if not any(visit.form.get(name) for name in FIELDS):
            return replace(ask, problem=Code.CODE_EMPTY)
        us = relying_party(self._settings.rp_id, tools.site)
        verified = self._wishes.user_verification == "required"
        try:
            new = verify_creation(visit.form, offer.challenge.octets, us, verified=verified)
        except CeremonyError:
            return Wrong(Code.WRONG_FIRST_CODE, ask)
        if find_owner(new.credential_id, tools) is not None:
            return Wrong(Code.WRONG_FIRST_CODE, ask)
        transports = tuple(each for each in TRANSPORTS if each in visit.form.get("transports", "").split(","))
        key = Key(new.credential_id, new.public_key, offer.user_handle, new.is_backup_eligible, transports)
        return Confirmed(_pack(key, new, label))

    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        """Register the first passkey, or one in place of `former`; how it is bound is in its seal."""
        if former is None:
            return _insert(subject, confirmed, binding, tools, at_most=1)
        standing = self._standing(subject, former, tools)
        key, values = _unpack(confirmed.state, tools.now)
        return standing is not None and tools.credentials.supersede(
            subject, standing.credential, PASSKEY, values, {"secret": write_key(key)}, {"binding": binding.value}
        )

    def add(
        self, subject: Subject, confirmed: Confirmed, beside: tuple[Registered, ...], binding: Binding, tools: Tools
    ) -> bool:
        """Put a further passkey beside those that stand: these, and no more than may."""
        standing = {each.credential.id for each in read_passkeys(subject, tools)}
        if standing != {each.id for each in beside} or len(beside) >= self._settings.most:
            return False
        return _insert(subject, confirmed, binding, tools, at_most=len(beside) + 1)

    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        """Take one passkey away."""
        standing = self._standing(subject, former, tools)
        return standing is not None and tools.credentials.delete(subject, standing.credential, PASSKEY)

    def rename(self, subject: Subject, former: Registered, label: str, tools: Tools) -> bool:
        """Give one passkey another name."""
        standing = self._standing(subject, former, tools)
        new = {"label": label.encode()}
        return standing is not None and tools.credentials.swap(subject, standing.credential, PASSKEY, new)

    def _standing(self, subject: Subject, former: Registered, tools: Tools) -> Passkey | None:
        return next((each for each in read_passkeys(subject, tools) if each.credential.id == former.id), None)

    def _show(self, offer: Offer, subject: Subject, tools: Tools, label: str = "") -> Ask:
        us = relying_party(self._settings.rp_id, tools.site)
        user = User(offer.user_handle, subject.username)
        options = creation_options(us, offer.challenge, user, self._wishes, read_passkeys(subject, tools))
        values = {"options": options, "most": str(self._settings.most), "label": label}
        return Ask("register", values, state=offer.state)


def _handle_of(subject: Subject, tools: Tools) -> bytes:
    """Give the person's user handle, a new one where they have no passkey: one authenticator keeps one a handle."""
    standing = read_passkeys(subject, tools)
    return standing[0].key.user_handle if standing else token_bytes(HANDLE_OCTETS)


def _offered(state: bytes) -> Offer | None:
    challenge = read_challenge(state[:-HANDLE_OCTETS])
    return Offer(challenge, state[-HANDLE_OCTETS:]) if challenge is not None else None


def _pack(key: Key, new: NewKey, label: str) -> bytes:
    kept = {
        "key": write_key(key).reveal().decode("ascii"),
        "count": new.sign_count,
        "backed_up": new.is_backed_up,
        "label": label,
    }
    return json.dumps(kept).encode("ascii")


def _unpack(state: bytes, now: datetime) -> tuple[Key, dict[str, bytes]]:
    """Give the key that was confirmed, and what is to stand in the clear beside it."""
    kept = json.loads(state)
    key = read_key(Secret(kept["key"].encode("ascii")))
    return key, values_of(key, State(kept["count"], kept["backed_up"]), kept["label"], now)


def _insert(subject: Subject, confirmed: Confirmed, binding: Binding, tools: Tools, *, at_most: int) -> bool:
    key, values = _unpack(confirmed.state, tools.now)
    secrets, facts = {"secret": write_key(key)}, {"binding": binding.value}
    return tools.credentials.insert(subject, PASSKEY, values, secrets, facts, at_most=at_most) is not None
