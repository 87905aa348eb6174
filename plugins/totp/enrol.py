"""Registering the app: a new key as QR code, text and link, tried by a code (people.md 4.3, security.md T-31)."""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from idp.plugin import (
    Ask,
    Binding,
    Code,
    Confirmed,
    Credential,
    CredentialKind,
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
from plugins.totp.codes import DRIFT_STEPS, STEP_SECONDS, hint_of, is_code, matching_step, normalise, step_at
from plugins.totp.credential import FURTHER, GENERALIZED_TIME, LABEL, TOTP, TOTPCredential, apps_of
from plugins.totp.provisioning import qr_svg, write_uri
from plugins.totp.seed import SEED_BYTES, new_seed

STEP_BYTES = 8


class AppEnrolment:
    """The registration of apps; of the settings it needs how far a clock may be off, and how many may stand."""

    def __init__(self, window: int, most: int = 1) -> None:
        self._window = window
        self._most = most

    @property
    def most(self) -> int:
        """How many apps a person may have."""
        return self._most

    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        """Say which apps are registered: since when, how bound, what they are called, when a code last counted."""
        return tuple(_describe(app) for app in apps_of(subject, tools, self._most))

    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        """Show a new key, or the one in `visit.state` again: as QR code, as text and as a link."""
        if visit.subject is None:
            return Refused(Code.APP_NOT_REGISTERED)
        return _show(_offered(visit.state) or new_seed(), visit.subject, tools, "")

    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        """Take the first code of the new key; one that fits another time tells how far the device's clock is off."""
        seed = _offered(visit.state)
        if visit.subject is None or seed is None:
            return Refused(Code.OFFER_EXPIRED)
        label = read_label(visit.form.get("label", "")) if self._most > 1 else ""
        ask = _show(seed, visit.subject, tools, label)
        code = normalise(visit.form.get("tokencode", ""))
        if not is_code(code):
            return replace(ask, problem=Code.CODE_FORMAT if code else Code.CODE_EMPTY)
        now = step_at(tools.now)
        step = matching_step(seed, code, now, self._window)
        if step is not None:
            return Confirmed(seed.reveal() + step.to_bytes(STEP_BYTES, "big") + label.encode())
        elsewhere = matching_step(seed, code, now, DRIFT_STEPS)
        if elsewhere is None:
            return Wrong(Code.WRONG_FIRST_CODE, ask)
        told = replace(ask, values={**ask.values, **_drift(elsewhere - now, tools)})
        return Wrong(Code.CLOCK_WRONG, told, hint_of(seed, code, now, self._window))

    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        """Write the new key, sealed; the code that confirmed it is used by that (RFC 6238 5.2)."""
        apps = apps_of(subject, tools, self._most)
        if former is None:
            if apps or not self._end_others(subject, tools):
                return False
            return _put(subject, None, TOTP, _New(confirmed, binding), tools)
        standing = next((app for app in apps if app.credential.id == former.id), None)
        if standing is None or not self._end_others(subject, tools):
            return False
        return _put(subject, standing.credential, standing.kind, _New(confirmed, binding, standing.label), tools)

    def add(
        self, subject: Subject, confirmed: Confirmed, beside: tuple[Registered, ...], binding: Binding, tools: Tools
    ) -> bool:
        """Write a further key; where the person's own entry is free it goes there, else into an entry of its own."""
        apps = apps_of(subject, tools, self._most)
        if not apps or {app.credential.id for app in apps} != {each.id for each in beside} or len(apps) >= self._most:
            return False
        new = _New(confirmed, binding)
        if all(app.kind is FURTHER for app in apps):
            return _put(subject, None, TOTP, new, tools)
        values, secrets, facts = new.fields(FURTHER, tools)
        most = self._most - 1
        return tools.credentials.insert(subject, FURTHER, values, secrets, facts, at_most=most) is not None

    def rename(self, subject: Subject, former: Registered, label: str, tools: Tools) -> bool:
        """Call an app by another name; on the person's own entry the name is in the seal."""
        app = self._standing(subject, former, tools)
        if app is None:
            return False
        if app.kind is FURTHER:
            return tools.credentials.swap(subject, app.credential, FURTHER, {LABEL: label.encode()})
        facts = {**app.credential.facts, LABEL: label}
        return tools.credentials.restate(subject, app.credential, TOTP, facts)

    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        """Take an app away."""
        app = self._standing(subject, former, tools)
        if app is None or not self._end_others(subject, tools):
            return False
        if app.kind is FURTHER:
            return tools.credentials.delete(subject, app.credential, FURTHER)
        return tools.credentials.remove(subject, TOTP)

    def _standing(self, subject: Subject, former: Registered, tools: Tools) -> TOTPCredential | None:
        return next((app for app in apps_of(subject, tools, self._most) if app.credential.id == former.id), None)

    def _end_others(self, subject: Subject, tools: Tools) -> bool:
        """Where one may stand, what is left of a time when several might is taken away with the next change."""
        if self._most == 1:
            tools.credentials.remove(subject, FURTHER)
        return True


@dataclass(frozen=True, slots=True)
class _New:
    """What is to be written: the key and step that were confirmed, how it is bound, its name if none was given."""

    confirmed: Confirmed
    binding: Binding
    former_label: str = ""

    def fields(self, kind: CredentialKind, tools: Tools) -> tuple[dict[str, bytes], dict[str, Secret], dict[str, str]]:
        """Give values, secrets and facts."""
        state = self.confirmed.state
        seed, rest = Secret(state[:SEED_BYTES]), state[SEED_BYTES:]
        label = rest[STEP_BYTES:].decode() or self.former_label
        values = {
            "last_step": str(int.from_bytes(rest[:STEP_BYTES], "big")).encode(),
            "failures": b"0",
            "bound_at": tools.now.astimezone(UTC).strftime(GENERALIZED_TIME).encode(),
        }
        facts = {"binding": self.binding.value}
        if label and kind is FURTHER:
            values[LABEL] = label.encode()
        elif label:
            facts[LABEL] = label
        return values, {"secret": seed}, facts


def _put(subject: Subject, former: Credential | None, kind: CredentialKind, new: _New, tools: Tools) -> bool:
    values, secrets, facts = new.fields(kind, tools)
    return tools.credentials.supersede(subject, former, kind, values, secrets, facts)


def _describe(app: TOTPCredential) -> Registered:
    since = app.bound_at
    # The step that is recorded first is that of the registration.
    is_used = app.last_step > (step_at(since) + 1 if since is not None else 0)
    used = datetime.fromtimestamp(app.last_step * STEP_SECONDS, UTC) if is_used else None
    return Registered(app.credential.id, since, app.binding, app.label, used)


def _offered(state: bytes) -> Secret | None:
    return Secret(state) if len(state) == SEED_BYTES else None


def _show(seed: Secret, subject: Subject, tools: Tools, label: str) -> Ask:
    """Give the page. The picture stands in the page itself: an address of its own could be kept or passed on."""
    uri = write_uri(seed, subject.username, tools.site.otp_issuer)
    values = {
        "key": base64.b32encode(seed.reveal()).decode("ascii"),
        "uri": uri,
        "label": label,
        "qr": "data:image/svg+xml;base64," + base64.b64encode(qr_svg(uri).encode()).decode("ascii"),
    }
    return Ask("register", values, state=seed.reveal())


def _drift(steps: int, tools: Tools) -> dict[str, str]:
    """Say how far the device's clock is off, and what time it is (people.md R15)."""
    local = tools.now.astimezone(ZoneInfo(tools.site.time_zone))
    return {
        "drift_seconds": str(abs(steps) * STEP_SECONDS),
        "drift": "ahead" if steps > 0 else "behind",
        "server_time": f"{local:%Y-%m-%d %H:%M:%S %Z}",
    }
