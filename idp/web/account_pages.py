"""The pages of what is a person's own: what is registered, registering it, taking it away, and why not from here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response

from idp.core.codes import Code
from idp.core.subject import Subject
from idp.flow.conversation import Held
from idp.flow.errand import Errand
from idp.plugin import Ask, Registered
from idp.web.headers import allow_own_picture
from idp.web.pages import Frame, minutes_until, render
from idp.web.paths import ACCOUNT, ERRAND_PATHS, REGISTER, RESET
from idp.web.site import Site
from idp.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of an offer shows beside the offer: the method's answer to the last form, and what went wrong."""

    ask: Ask | None = None
    problem: Code | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What the account page says of one method; `since` is written out, empty where nothing is registered."""

    name: str
    registered: bool
    since: str
    binding: str
    register_url: str
    reset_url: str


def register_page(site: Site, held: Held, former: Registered | None, shown: Shown, visitor: Visitor) -> Response:
    """Show what is offered. Nothing of this page is kept: neither here, nor by the browser (security.md T-31)."""
    errand, ask = held.conversation.errand, shown.ask
    if errand is None or ask is None:
        raise ValueError("nothing is offered")
    extra: dict[str, Any] = {
        **ask.values,
        "is_registered": former is not None,
        "registered_since": _written(site, former.since) if former is not None else "",
        "account_url": ACCOUNT,
    }
    response = render(
        site,
        visitor,
        f"{errand.method}/{ask.page}.html",
        _frame(site, held, visitor, ask.page, extra, shown.problem, minutes_until(shown.retry_at, visitor.now)),
    )
    allow_own_picture(response)
    return response


def reset_page(site: Site, held: Held, former: Registered, visitor: Visitor) -> Response:
    """Ask whether what is registered is to be taken away."""
    method = held.conversation.errand.method if held.conversation.errand is not None else ""
    extra = {
        "method": method,
        "name": site.words.text(visitor.language, f"{method}.name"),
        "since": _written(site, former.since),
        "account_url": ACCOUNT,
    }
    return render(site, visitor, "reset.html", _frame(site, held, visitor, "reset", extra))


def account_page(
    site: Site, visitor: Visitor, subject: Subject, errand: Errand | None = None, path: str = ACCOUNT
) -> Response:
    """Say what is registered, since when and how bound; `errand` has just been done, at `path`."""
    rows = [_row(site, name, subject, visitor) for name in site.registrations.names]
    extra = {
        "username": subject.username,
        "rows": rows,
        "done": errand.done.value if errand is not None and errand.done is not None else "",
        "done_method": errand.method if errand is not None else "",
        "is_told": site.outbox is not None,
    }
    return render(site, visitor, "account.html", Frame(page="account", path=path, extra=extra))


def refusal_page(site: Site, visitor: Visitor, code: Code, *, path: str = "", status: int = 403) -> Response:
    """Say why it cannot be done here, and what to do."""
    extra = {"return_to_service": False, "correlation_id": "", "account_url": ACCOUNT if status == 409 else ""}
    return render(site, visitor, "error.html", Frame(page="error", path=path, problem=code, status=status, extra=extra))


def _frame(
    site: Site,
    held: Held,
    visitor: Visitor,
    page: str,
    extra: dict[str, Any],
    problem: Code | None = None,
    retry_minutes: int | None = None,
) -> Frame:
    errand = held.conversation.errand
    path = f"{ERRAND_PATHS[errand.purpose] if errand is not None else ACCOUNT}?execution={held.handle}"
    token = site.tokens.make(held.handle, held.conversation.step, visitor.browser.id)
    return Frame(
        page=page,
        action=path,
        path=path,
        hidden=[("csrf_token", token)],
        problem=problem,
        retry_minutes=retry_minutes,
        extra=extra,
    )


def _row(site: Site, name: str, subject: Subject, visitor: Visitor) -> Row:
    found = site.registrations.registered(name, subject, visitor.now)
    return Row(
        name=site.words.text(visitor.language, f"{name}.name"),
        registered=found is not None,
        since=_written(site, found.since) if found is not None else "",
        binding=found.binding.value if found is not None else "",
        register_url=f"{REGISTER}?method={name}",
        reset_url=f"{RESET}?method={name}",
    )


def _written(site: Site, moment: datetime | None) -> str:
    """Write a moment in the site's time zone (people.md R15); empty where nobody knows it."""
    if moment is None:
        return ""
    return f"{moment.astimezone(ZoneInfo(site.settings.site.time_zone)):%Y-%m-%d %H:%M %Z}"
