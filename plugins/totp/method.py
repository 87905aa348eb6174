"""The one-time password page and its judgement: recorded in the directory before it counts (design 4).

Of several apps every one is looked at for each code, whichever it fits, and one try is counted. Failures in a row are a
person's, not an app's: the highest count on any of their apps decides, and goes on there; else each further app would
give whoever guesses another hundred tries (NIST SP 800-63B-4 3.2.2).
"""

from collections.abc import Sequence
from datetime import timedelta

from idp.plugin import (
    Ask,
    Binding,
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
from plugins.totp.credential import FURTHER, TOTP, TOTPCredential, apps_of
from plugins.totp.enrol import AppEnrolment
from plugins.totp.settings import TOTPSettings

RACES = 5
"""How often a count of failures that somebody else moved is tried again."""
MEMORY = timedelta(days=400)
"""How long the highest step is remembered beside the directory (security.md X-02)."""


class TOTPMethod(AppEnrolment):
    """Knows the person by the apps registered for them."""

    def __init__(self, settings: TOTPSettings) -> None:
        super().__init__(settings.window, settings.max_apps)
        self._settings = settings

    @property
    def reads(self) -> Sequence[str]:
        """Give what tells that an app is registered, and not stopped; nothing of it is secret."""
        return (TOTP.fields["id"], TOTP.fields["failures"])

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Ask for the code; refuse who has no app or who was stopped.

        Where one may stand and the entry as it was just read shows it, it is asked for; `resume` looks at the writer.
        """
        if visit.subject is None:
            return Refused(Code.APP_NOT_REGISTERED)
        if self.most == 1 and self._is_seen(visit.subject, tools):
            return self._ask(visit.subject)
        refused = self._refusal(self._apps(visit.subject, tools))
        return self._ask(visit.subject) if refused is None else refused

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
        apps = self._apps(visit.subject, tools)
        refused = self._refusal(apps)
        if refused is not None:
            return refused
        now, window = step_at(tools.now), self._settings.window
        steps = [(app, matching_step(app.secret, code, now, window)) for app in apps]
        fitting = [(app, step) for app, step in steps if step is not None]
        if fitting and self._record(visit.subject, fitting, tools):
            self._forget_failures(visit.subject, apps, fitting, tools)
            app = _weakest([app for app, _ in fitting])
            proof = Proof("totp", frozenset({Factor.POSSESSION}), tools.now, app.binding, app.bound_at)
            return Proved(visit.subject, proof)
        self._count_failure(visit.subject, apps, tools)
        hints = [hint_of(app.secret, code, now, window) for app in apps]
        return Wrong(Code.WRONG_CODE, ask, next((hint for hint in hints if hint is not None), None))

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Say what the directory's schema lacks to keep a registered app."""
        needed = {"oath-ldap.ldif": TOTP} | ({"warifu-ldap.ldif": FURTHER} if self.most > 1 else {})
        lacking = {file: ", ".join(tools.credentials.lacks(kind)) for file, kind in needed.items()}
        return [
            Problem(
                "the directory",
                "schema",
                f"it does not know {names}",
                f"Add conf/ldap/{file} to the directory's configuration",
            )
            for file, names in lacking.items()
            if names
        ]

    def is_stopped(self, subject: Subject, tools: Tools) -> bool:
        """Say whether so many codes in a row were wrong that the person is not asked for one any more."""
        return self._refusal(self._apps(subject, tools)) == Refused(Code.APP_STOPPED)

    def let_go_on(self, subject: Subject, tools: Tools) -> None:
        """Forget the wrong codes, whichever apps they stand on, so that who was stopped is asked again."""
        for _ in range(RACES):
            counted = [app for app in self._apps(subject, tools) if app.failures]
            if all(tools.credentials.swap(subject, app.credential, app.kind, {"failures": b"0"}) for app in counted):
                return

    def _ask(self, subject: Subject) -> Ask:
        return Ask("totp", {"username": subject.username})

    def _is_seen(self, subject: Subject, tools: Tools) -> bool:
        attributes = tools.people.attributes(subject)
        failures = attributes.get(TOTP.fields["failures"].lower(), ("0",))[0]
        seen = bool(attributes.get(TOTP.fields["id"].lower()))
        return seen and failures.isdecimal() and int(failures) < self._settings.stop_after

    def _refusal(self, apps: Sequence[TOTPCredential]) -> Refused | None:
        if not apps:
            return Refused(Code.APP_NOT_REGISTERED)
        stopped = max(app.failures for app in apps) >= self._settings.stop_after
        return Refused(Code.APP_STOPPED) if stopped else None

    def _apps(self, subject: Subject, tools: Tools) -> tuple[TOTPCredential, ...]:
        apps = apps_of(subject, tools, self.most)
        if any("secret" in app.credential.unsealed for app in apps) and not self._settings.accept_unsealed:
            raise SealError(
                Code.SEAL_MISSING, f"the secret of {subject.dn} was never sealed; `warifu totp rekey` tells"
            )
        return apps

    def _record(self, subject: Subject, fitting: Sequence[tuple[TOTPCredential, int]], tools: Tools) -> bool:
        """Move the last step forward, never back; only who moves it has used the code (RFC 6238 5.2).

        A code that fits two apps by chance is used for both, so that it counts once over all of them.
        """
        seen = {app.credential.id: tools.moments.get(app.credential.id) for app, _ in fitting}
        lost = self._lost(tools)
        for app, step in fitting:
            highest = int(seen[app.credential.id] or b"0")
            if highest > app.last_step:
                tools.alarm(f"{subject.dn}: the last time step of the app was set back; an older copy of the entry?")
            if step <= max(app.last_step, highest, lost):
                return False
        for app, step in fitting:
            new = {"last_step": str(step).encode(), "failures": b"0"}
            if not tools.credentials.swap(subject, app.credential, app.kind, new):
                return False
            self._remember(app, step, seen[app.credential.id], tools)
        return True

    def _forget_failures(
        self,
        subject: Subject,
        apps: Sequence[TOTPCredential],
        fitting: Sequence[tuple[TOTPCredential, int]],
        tools: Tools,
    ) -> None:
        """A code that was right ends the row of failures, whichever app the count stands on."""
        used = {app.credential.id for app, _ in fitting}
        for app in apps:
            if app.failures and app.credential.id not in used:
                tools.credentials.swap(subject, app.credential, app.kind, {"failures": b"0"})

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

    def _count_failure(self, subject: Subject, apps: Sequence[TOTPCredential], tools: Tools) -> None:
        """Count one more failure in a row in the directory itself, where no restart or flush forgets it (T-05)."""
        current = apps
        for _ in range(RACES):
            if not current:
                return
            worst = max(current, key=lambda app: app.failures)
            failures = str(worst.failures + 1).encode()
            if tools.credentials.swap(subject, worst.credential, worst.kind, {"failures": failures}):
                return
            current = self._apps(subject, tools)


def _weakest(apps: Sequence[TOTPCredential]) -> TOTPCredential:
    """Give the app that counts as the proof: of several that a code fits, the one that is worth least."""
    return next((app for app in apps if app.binding is Binding.CAMPUS_REPLACED), apps[0])
