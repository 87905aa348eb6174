"""The pages of an errand: registering a method, taking it away, and why not from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response

from idp.core.codes import Code
from idp.flow.conversation import Held
from idp.plugin import Ask, Registered
from idp.plugin.enrol import LONGEST_LABEL
from idp.web.browser_name import system_of
from idp.web.headers import allow_own_picture
from idp.web.pages import Frame, minutes_until, render
from idp.web.paths import ACCOUNT, ERRAND_PATHS
from idp.web.registered import item_of, items_of
from idp.web.site import Site
from idp.web.visitor import Visitor
from idp.web.written import written_moment

PICTURE = "data:image/"
"""What a picture that stands in the page itself begins with."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of an offer shows beside the offer: the method's answer to the last form, and what went wrong."""

    ask: Ask | None = None
    problem: Code | None = None
    retry_at: datetime | None = None


def register_page(
    site: Site, held: Held, standing: Sequence[Registered], former: Registered | None, shown: Shown, visitor: Visitor
) -> Response:
    """Show what is offered, in place of `former` or beside what is `standing`.

    Nothing of this page is kept: neither here, nor by the browser (security.md T-31).
    """
    errand, ask = held.conversation.errand, shown.ask
    if errand is None or ask is None:
        raise ValueError("nothing is offered")
    extra: dict[str, Any] = {
        **ask.values,
        "system": system_of(visitor.user_agent),
        "is_registered": former is not None,
        "is_several": site.registrations.most(errand.method) > 1,
        "most": site.registrations.most(errand.method),
        "standing_count": len(standing),
        "longest": LONGEST_LABEL,
        "registered_since": written_moment(site, former.since) if former is not None else "",
        "account_url": ACCOUNT,
        "done": errand.before.value if errand.before is not None else "",
        "done_method": errand.method_before,
        "may_decline": errand.before is not None,
        "is_told": site.outbox is not None,
    }
    response = render(
        site,
        visitor,
        f"{errand.method}/{ask.page}.html",
        _frame(site, held, visitor, ask.page, extra, shown.problem, minutes_until(shown.retry_at, visitor.now)),
    )
    if any(value.startswith(PICTURE) for value in ask.values.values()):
        allow_own_picture(response)
    return response


def reset_page(site: Site, held: Held, former: Registered, visitor: Visitor) -> Response:
    """Ask whether what is registered is to be taken away."""
    method = held.conversation.errand.method if held.conversation.errand is not None else ""
    extra = {
        "method": method,
        "name": site.words.text(visitor.language, f"{method}.name"),
        "since": written_moment(site, former.since),
        "item": item_of(site, method, former, 1, visitor.language),
        "is_several": site.registrations.most(method) > 1,
        "longest": LONGEST_LABEL,
        "account_url": ACCOUNT,
    }
    return render(site, visitor, "reset.html", _frame(site, held, visitor, "reset", extra))


def several_page(
    site: Site, held: Held, standing: Sequence[Registered], visitor: Visitor, *, is_full: bool
) -> Response:
    """Ask which of several it is about; `is_full` where one more was wanted and no more may stand."""
    method = held.conversation.errand.method if held.conversation.errand is not None else ""
    extra = {
        "name": site.words.text(visitor.language, f"{method}.name"),
        "items": items_of(site, method, standing, visitor.language),
        "is_full": is_full,
        "most": site.registrations.most(method),
        "account_url": ACCOUNT,
    }
    return render(site, visitor, "several.html", _frame(site, held, visitor, "several", extra))


def refusal_page(
    site: Site,
    visitor: Visitor,
    code: Code,
    *,
    path: str = "",
    status: int = 403,
    back: str = "",
    retry_at: datetime | None = None,
) -> Response:
    """Say why it cannot be done here, and what to do; `back` is where it was asked for, `retry_at` when it can be."""
    account_url = ACCOUNT if status == 409 and not back else ""
    extra = {"return_to_service": False, "correlation_id": "", "account_url": account_url, "back_url": back}
    minutes = minutes_until(retry_at, visitor.now)
    frame = Frame(page="error", path=path, problem=code, retry_minutes=minutes, status=status, extra=extra)
    return render(site, visitor, "error.html", frame)


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
