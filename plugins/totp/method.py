"""The one-time password page and its judgement: recorded in the directory before it counts (design 4)."""

from collections.abc import Sequence
from datetime import timedelta

from idp.plugin import (
    Ask,
    Code,
    Factor,
    Outcome,
    Problem,
    Proof,
    Proved,
    Refused,
    SealError,
    Subject,
    Tools,
    Visit,
    Wrong,
)
from plugins.totp.codes import hint_of, is_code, matching_step, normalise, step_at
from plugins.totp.credential import TOTP, TOTPCredential, read
from plugins.totp.enrol import AppEnrolment
from plugins.totp.settings import TOTPSettings

RACES = 5
"""How often a count of failures that somebody else moved is tried again."""
MEMORY = timedelta(days=400)
"""How long the highest step is remembered beside the directory (security.md X-02)."""


class TOTPMethod(AppEnrolment):
    """Knows the person by the app registered on their entry."""

    def __init__(self, settings: TOTPSettings) -> None:
        super().__init__(settings.window)
        self._settings = settings

    @property
    def reads(self) -> Sequence[str]:
        """Give what tells that an app is registered, and not stopped; nothing of it is secret."""
        return (TOTP.fields["id"], TOTP.fields["failures"])

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Ask for the code; refuse who has no app or whose app was stopped.

        Where the entry as it was just read shows an app, it is asked for; `resume` looks at the writer.
        """
        if visit.subject is None:
            return Refused(Code.APP_NOT_REGISTERED)
        if self._is_seen(visit.subject, tools):
            return self._ask(visit.subject)
        registered = self._app(visit.subject, tools)
        if registered is None:
            return Refused(Code.APP_NOT_REGISTERED)
        if registered.failures >= self._settings.stop_after:
            return Refused(Code.APP_STOPPED)
        return self._ask(visit.subject)

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Judge the code: wrong, used and out of the window are one answer (security.md T-01, T-11)."""
        if visit.subject is None:
            return Refused(Code.APP_NOT_REGISTERED)
        ask = self._ask(visit.subject)
        code = normalise(visit.form.get("tokencode", ""))
        if not code:
            return Ask(ask.page, ask.values, Code.CODE_EMPTY)
        if not is_code(code):
            return Ask(ask.page, ask.values, Code.CODE_FORMAT)
        registered = self._app(visit.subject, tools)
        if registered is None:
            return Refused(Code.APP_NOT_REGISTERED)
        if registered.failures >= self._settings.stop_after:
            return Refused(Code.APP_STOPPED)
        now, window = step_at(tools.now), self._settings.window
        step = matching_step(registered.secret, code, now, window)
        if step is not None and self._record(visit.subject, registered, step, tools):
            proof = Proof("totp", frozenset({Factor.POSSESSION}), tools.now, registered.binding, registered.bound_at)
            return Proved(visit.subject, proof)
        self._count_failure(visit.subject, registered, tools)
        return Wrong(Code.WRONG_CODE, ask, hint_of(registered.secret, code, now, window))

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Say what the directory's schema lacks to keep a registered app."""
        lacking = ", ".join(tools.credentials.lacks(TOTP))
        remedy = "Add conf/ldap/oath-ldap.ldif to the directory's configuration"
        return [Problem("the directory", "schema", f"it does not know {lacking}", remedy)] if lacking else []

    def is_stopped(self, subject: Subject, tools: Tools) -> bool:
        """Say whether so many codes in a row were wrong that the app is not asked any more."""
        registered = self._app(subject, tools)
        return registered is not None and registered.failures >= self._settings.stop_after

    def let_go_on(self, subject: Subject, tools: Tools) -> None:
        """Forget the wrong codes, so that an app that was stopped is asked again."""
        for _ in range(RACES):
            registered = self._app(subject, tools)
            if registered is None or not registered.failures:
                return
            if tools.credentials.swap(subject, registered.credential, TOTP, {"failures": b"0"}):
                return

    def _ask(self, subject: Subject) -> Ask:
        return Ask("totp", {"username": subject.username})

    def _is_seen(self, subject: Subject, tools: Tools) -> bool:
        attributes = tools.people.attributes(subject)
        failures = attributes.get(TOTP.fields["failures"].lower(), ("0",))[0]
        seen = bool(attributes.get(TOTP.fields["id"].lower()))
        return seen and failures.isdecimal() and int(failures) < self._settings.stop_after

    def _app(self, subject: Subject, tools: Tools) -> TOTPCredential | None:
        found = tools.credentials.list(subject, TOTP)
        if not found or "secret" not in found[0].secrets:
            return None
        if "secret" in found[0].unsealed and not self._settings.accept_unsealed:
            raise SealError(
                Code.SEAL_MISSING, f"the secret of {subject.dn} was never sealed; `warifu totp rekey` tells"
            )
        return read(found[0])

    def _record(self, subject: Subject, registered: TOTPCredential, step: int, tools: Tools) -> bool:
        """Move the last step forward, never back; only who moves it has used the code (RFC 6238 5.2)."""
        seen = tools.moments.get(registered.credential.id)
        highest = int(seen or b"0")
        if highest > registered.last_step:
            tools.alarm(f"{subject.dn}: the last time step of the app was set back; an older copy of the entry?")
        if step <= max(registered.last_step, highest, self._lost(tools)):
            return False
        new = {"last_step": str(step).encode(), "failures": b"0"}
        if not tools.credentials.swap(subject, registered.credential, TOTP, new):
            return False
        self._remember(registered, step, seen, tools)
        return True

    def _lost(self, tools: Tools) -> int:
        """Give the last step that a writer before this one may have accepted and not passed on (design 8)."""
        since = tools.credentials.recorded_since()
        return step_at(since) + self._settings.window if since is not None else 0

    def _remember(self, registered: TOTPCredential, step: int, seen: bytes | None, tools: Tools) -> None:
        """Keep the highest step of this credential; `seen` is what stood there."""
        key, new, expires = registered.credential.id, str(step).encode(), tools.now + MEMORY
        for _ in range(RACES):
            if seen is not None and int(seen) >= step:
                return
            if tools.moments.put(key, new, expires) if seen is None else tools.moments.swap(key, seen, new, expires):
                return
            seen = tools.moments.get(key)

    def _count_failure(self, subject: Subject, registered: TOTPCredential, tools: Tools) -> None:
        """Count one more failure in a row on the entry itself, where no restart or flush forgets it (T-05)."""
        current: TOTPCredential | None = registered
        for _ in range(RACES):
            if current is None:
                return
            failures = str(current.failures + 1).encode()
            if tools.credentials.swap(subject, current.credential, TOTP, {"failures": failures}):
                return
            current = self._app(subject, tools)
