"""The cookies: opaque ids, bound to this host alone (security.md S-01, S-05)."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from functools import cached_property

from flask import Request, Response

SESSION = "__Host-warifu_session"
BROWSER = "__Host-warifu_browser"
LANGUAGE = "__Host-warifu_language"
TRUST = "__Host-warifu_trust"
BROWSER_SECONDS = 90 * 86_400
LANGUAGE_SECONDS = 365 * 86_400

_ID = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Browser:
    """A browser by its cookie; `is_new` when the cookie is yet to be set, `id` what may be stored of it."""

    value: str
    is_new: bool

    @cached_property
    def id(self) -> str:
        """Give the hash that stands in the store for the cookie's value."""
        return hashlib.sha256(self.value.encode("ascii")).hexdigest()


def browser_of(request: Request) -> Browser:
    """Give the browser of the request, a new one where it has no cookie of ours."""
    value = request.cookies.get(BROWSER, "")
    if _ID.fullmatch(value):
        return Browser(value, is_new=False)
    return Browser(secrets.token_urlsafe(32), is_new=True)


def session_id_of(request: Request) -> str | None:
    """Give the session cookie's value if it has the form of one."""
    value = request.cookies.get(SESSION, "")
    return value if _ID.fullmatch(value) else None


def set_browser(response: Response, browser: Browser) -> None:
    """Keep the browser's id for as long as it is known at login."""
    _set(response, BROWSER, browser.value, BROWSER_SECONDS)


def set_session(response: Response, session_id: str) -> None:
    """Keep the session's id until the browser ends; the server's clock ends it sooner."""
    _set(response, SESSION, session_id, None)


def trust_of(request: Request) -> str:
    """Give the id of a browser that somebody trusts, empty where the cookie has not the form of one."""
    value = request.cookies.get(TRUST, "")
    return value if _ID.fullmatch(value) else ""


def set_trust(response: Response, value: str, days: int) -> None:
    """Keep the id of a browser that is trusted, for so many days."""
    _set(response, TRUST, value, days * 86_400)


def set_language(response: Response, language: str) -> None:
    """Keep the language chosen on the page."""
    _set(response, LANGUAGE, language, LANGUAGE_SECONDS)


def clear_session(response: Response) -> None:
    """Take the session's cookie away."""
    _set(response, SESSION, "", 0)


def _set(response: Response, name: str, value: str, seconds: int | None) -> None:
    age = "" if seconds is None else f" Max-Age={seconds};"
    response.headers.add("Set-Cookie", f"{name}={value};{age} Secure; HttpOnly; Path=/; SameSite=Lax")
