"""What to do when what is registered cannot be used: lost, replaced, no camera, the same device (people.md 5).

The page is the method's own, `<plugin>/trouble.html`; what this site has in such cases is found here, so that every
link on it works. Nobody need be logged in, and nothing is told of anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Request, Response

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.flow.policy import own_demand
from idp.plugin import Purpose
from idp.web.pages import Frame, render
from idp.web.paths import ACCOUNT, REGISTER, RESET, TROUBLE
from idp.web.site import Site
from idp.web.visitor import Visitor
from idp.web.written import written_method

CASES = ("lost", "new", "camera", "device")


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person may do by themselves here: where, and what a rule wants for it from where they are now.

    `require` is "password", "two-factors", "ways" or "refuse" (not from here); what depends on the person is said when
    they come.
    """

    url: str
    require: str


@dataclass(frozen=True, slots=True)
class Instead:
    """Another method of this site, and what it does for who cannot use this one; a page to register it, if any."""

    name: str
    text: str
    register_url: str


def show_trouble(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show what to do in one of the cases, or the cases to choose from."""
    method, case = request.args.get("method", ""), request.args.get("case", "")
    if not has_trouble_page(site, method) or case not in {"", *CASES}:
        raise ProtocolError(Code.NOT_FOUND, "no such case", http_status=404)
    extra = {
        "case": case,
        "cases": [(each, trouble_url(method, each)) for each in CASES if each != case],
        "register": _act(site, visitor, Purpose.REGISTER, f"{REGISTER}?method={method}"),
        "replace": _act(site, visitor, Purpose.REPLACE, f"{REGISTER}?method={method}"),
        "reset": _act(site, visitor, Purpose.RESET, f"{RESET}?method={method}"),
        "instead": list(_instead(site, visitor, method)),
        "account_url": ACCOUNT,
    }
    path = trouble_url(method, case)
    return render(site, visitor, f"{method}/trouble.html", Frame(page="trouble", path=path, extra=extra))


def trouble_url(method: str, case: str = "") -> str:
    """Give the address of a method's page, or of one case on it."""
    return f"{TROUBLE}?method={method}" + (f"&case={case}" if case else "")


def has_trouble_page(site: Site, method: str) -> bool:
    """Say whether a method that people register has such a page."""
    return method in site.registrations.names and f"{method}/trouble.html" in site.environment.list_templates()


def _act(site: Site, visitor: Visitor, purpose: Purpose, url: str) -> Act:
    rule = site.policy.rule(purpose, own_demand(purpose, visitor.now), visitor.network, None, visitor.now)
    return Act(url, rule.require)


def _instead(site: Site, visitor: Visitor, method: str) -> Iterator[Instead]:
    """Give the site's other methods that say what they are good for here, in their own words `<name>.instead`."""
    for name in site.methods:
        key = f"{name}.instead"
        if name != method and key in site.words.keys:
            url = f"{REGISTER}?method={name}" if name in site.registrations.names else ""
            yield Instead(written_method(site, visitor.language, name), site.words.text(visitor.language, key), url)
