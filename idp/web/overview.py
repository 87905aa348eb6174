"""The account page: what is registered, the last logins, where else the person is logged in (people.md 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Response

from idp.core.subject import Subject
from idp.flow.history import Login
from idp.flow.session import Named, name_of
from idp.web.pages import Frame, render
from idp.web.paths import ACCOUNT, LOGOUT, SESSIONS, TRUSTED
from idp.web.registered import row_of
from idp.web.site import Site
from idp.web.visitor import Visitor
from idp.web.written import written_method, written_moment, written_place, written_service

FORM = "account"
"""What the tokens of this page's forms are about."""


@dataclass(frozen=True, slots=True)
class LoginLine:
    """One login: everything is written out. `service` is empty for the account page itself."""

    at: str
    service: str
    place: str
    methods: tuple[str, ...]
    is_here: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A login elsewhere that lasts: since when, when it was used last, from where as far as that is known."""

    started: str
    used: str
    place: str


@dataclass(frozen=True, slots=True)
class Done:
    """What has just been done, of which method, by the errand at `path`."""

    what: str = ""
    method: str = ""
    path: str = ACCOUNT


@dataclass(frozen=True, slots=True)
class TrustedLine:
    """A browser that the person trusts: its name in our forms, what it calls itself, from when to when, from where."""

    name: str
    words: str
    since: str
    until: str
    place: str


def account_page(site: Site, visitor: Visitor, subject: Subject, done: Done = Done()) -> Response:
    """Show a person their account, and above it what has just been done."""
    logins = site.history.recent(subject.id, visitor.now)
    is_here = any(visitor.session_id and name_of(visitor.session_id) == login.session for login in logins)
    extra = {
        "username": subject.username,
        "rows": [row_of(site, name, subject, visitor) for name in site.registrations.names],
        "done": done.what,
        "done_method": done.method,
        "is_told": site.outbox is not None and bool(done.method),
        "logins": list(login_lines(site, visitor, logins)),
        "sessions": list(_session_lines(site, visitor, subject, logins)),
        "sessions_url": SESSIONS,
        "trusted": list(_trusted_lines(site, visitor, subject)) if site.policy.remembers else None,
        "trusted_url": TRUSTED,
        "logout_url": LOGOUT if is_here else "",
    }
    hidden = [("csrf_token", site.tokens.make(form_of(subject), 0, visitor.browser.id))]
    return render(site, visitor, "account.html", Frame(page="account", path=done.path, hidden=hidden, extra=extra))


def form_of(subject: Subject) -> str:
    """Give what the token of a form on this person's page is about."""
    return f"{FORM}:{subject.id}"


def login_lines(site: Site, visitor: Visitor, logins: Sequence[Login]) -> Iterator[LoginLine]:
    """Write logins out, as the visitor reads them."""
    language, here = visitor.language, name_of(visitor.session_id) if visitor.session_id else ""
    for login in logins:
        yield LoginLine(
            at=written_moment(site, login.at),
            service=written_service(site, language, login.entity_id) if login.entity_id else "",
            place=written_place(site, language, login.network, login.address),
            methods=tuple(written_method(site, language, method) for method in login.methods),
            is_here=login.session == here,
        )


def _session_lines(site: Site, visitor: Visitor, subject: Subject, logins: Sequence[Login]) -> Iterator[SessionLine]:
    """Give the sessions of other browsers; where each was used last is known from the logins."""
    here = name_of(visitor.session_id) if visitor.session_id else ""
    others: Sequence[Named] = [each for each in site.sessions.of(subject.id, visitor.now) if each.name != here]
    for each in others:
        login = next((login for login in logins if login.session == each.name), None)
        yield SessionLine(
            started=written_moment(site, each.session.started),
            used=written_moment(site, each.session.used),
            place=written_place(site, visitor.language, login.network, login.address) if login is not None else "",
        )


def _trusted_lines(site: Site, visitor: Visitor, subject: Subject) -> Iterator[TrustedLine]:
    for each in site.trusted.of(subject.id, visitor.now):
        yield TrustedLine(
            name=each.name,
            words=each.words,
            since=written_moment(site, each.since),
            until=written_moment(site, each.until),
            place=written_place(site, visitor.language, each.network, each.address),
        )
