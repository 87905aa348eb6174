"""Registering the app: a new key as QR code, text and link, tried by a code (people.md 4.3, security.md T-31)."""

import base64
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from idp.plugin import (
    Ask,
    Binding,
    Code,
    Confirmed,
    Credential,
    Refused,
    Registered,
    Secret,
    Subject,
    Tools,
    Trial,
    Visit,
    Wrong,
)
from plugins.totp.codes import DRIFT_STEPS, STEP_SECONDS, hint_of, is_code, matching_step, normalise, step_at
from plugins.totp.credential import GENERALIZED_TIME, TOTP, read
from plugins.totp.provisioning import qr_svg, write_uri
from plugins.totp.seed import SEED_BYTES, new_seed

STEP_BYTES = 8


class AppEnrolment:
    """The registration of one app; of the method's settings it needs how far a clock may be off."""

    def __init__(self, window: int) -> None:
        self._window = window

    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        """Say since when an app is registered, and how it was bound."""
        credential = _standing(subject, tools)
        return (_describe(credential),) if credential is not None else ()

    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        """Show a new key, or the one in `visit.state` again: as QR code, as text and as a link."""
        if visit.subject is None:
            return Refused(Code.APP_NOT_REGISTERED)
        return _show(_offered(visit.state) or new_seed(), visit.subject, tools)

    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        """Take the first code of the new key; one that fits another time tells how far the device's clock is off."""
        seed = _offered(visit.state)
        if visit.subject is None or seed is None:
            return Refused(Code.OFFER_EXPIRED)
        ask = _show(seed, visit.subject, tools)
        code = normalise(visit.form.get("tokencode", ""))
        if not is_code(code):
            return replace(ask, problem=Code.CODE_FORMAT if code else Code.CODE_EMPTY)
        now = step_at(tools.now)
        step = matching_step(seed, code, now, self._window)
        if step is not None:
            return Confirmed(seed.reveal() + step.to_bytes(STEP_BYTES, "big"))
        elsewhere = matching_step(seed, code, now, DRIFT_STEPS)
        if elsewhere is None:
            return Wrong(Code.WRONG_FIRST_CODE, ask)
        told = replace(ask, values={**ask.values, **_drift(elsewhere - now, tools)})
        return Wrong(Code.CLOCK_WRONG, told, hint_of(seed, code, now, self._window))

    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        """Write the new key, sealed; the code that confirmed it is used by that (RFC 6238 5.2)."""
        seed, step = Secret(confirmed.state[:SEED_BYTES]), int.from_bytes(confirmed.state[SEED_BYTES:], "big")
        standing = _standing(subject, tools)
        if (standing.id if standing else None) != (former.id if former else None):
            return False
        values = {
            "last_step": str(step).encode(),
            "failures": b"0",
            "bound_at": tools.now.astimezone(UTC).strftime(GENERALIZED_TIME).encode(),
        }
        facts = {"binding": binding.value}
        return tools.credentials.supersede(subject, standing, TOTP, values, {"secret": seed}, facts)

    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        """Take the app away."""
        standing = _standing(subject, tools)
        if standing is None or standing.id != former.id:
            return False
        return tools.credentials.remove(subject, TOTP)


def _standing(subject: Subject, tools: Tools) -> Credential | None:
    found = tools.credentials.list(subject, TOTP)
    return found[0] if found and "secret" in found[0].secrets else None


def _describe(credential: Credential) -> Registered:
    found = read(credential)
    return Registered(credential.id, found.bound_at, found.binding)


def _offered(state: bytes) -> Secret | None:
    return Secret(state) if len(state) == SEED_BYTES else None


def _show(seed: Secret, subject: Subject, tools: Tools) -> Ask:
    """Give the page. The picture stands in the page itself: an address of its own could be kept or passed on."""
    uri = write_uri(seed, subject.username, tools.site.otp_issuer)
    values = {
        "key": base64.b32encode(seed.reveal()).decode("ascii"),
        "uri": uri,
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
