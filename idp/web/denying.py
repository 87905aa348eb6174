"""\"This was not me\": the page that a notice leads to, and its button, which alone does something. No login is needed.

Whoever reads the person's mail may press it: what is frozen then is safe, and the help desk lifts it.
"""

from flask import Request, Response

from idp.audit import AuditEvent, Decision
from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.not_me import PATH, Denied
from idp.web.forms import read_form, verify_origin
from idp.web.pages import Frame, render
from idp.web.site import Site
from idp.web.visitor import Visitor


def show(site: Site, request: Request, visitor: Visitor) -> Response:
    """Say what the button does; nothing is changed by looking."""
    denied = _read(site, request, visitor)
    return _page(site, request, visitor, is_frozen=site.cautions.is_frozen(denied.subject))


def submit(site: Site, request: Request, visitor: Visitor) -> Response:
    """Freeze registration for the person of the notice."""
    verify_origin(request, site.settings.site.base_url)
    read_form(request)
    denied = _read(site, request, visitor)
    site.audit.record(_event(denied, visitor))
    if site.cautions.freeze(denied.subject, visitor.now):
        site.log.warning("registration frozen", username=denied.subject.username, change=denied.change)
        site.metrics.count("registrations", action="freeze", method="")
    return _page(site, request, visitor, is_frozen=True)


def _read(site: Site, request: Request, visitor: Visitor) -> Denied:
    """Read the address. Raises ProtocolError for one of before a freeze that the help desk has lifted since."""
    denied = site.not_me.read(request.args.get("change", ""), visitor.now)
    thawed = site.cautions.thawed_at(denied.subject)
    if thawed is not None and denied.at <= thawed:
        raise ProtocolError(Code.NOT_ME_STALE, "the freeze was lifted since", http_status=410, reason="stale")
    return denied


def _page(site: Site, request: Request, visitor: Visitor, *, is_frozen: bool) -> Response:
    action = f"{PATH}?change={request.args['change']}"
    frame = Frame(page="not-me", action=action, path=action, extra={"is_frozen": is_frozen})
    return render(site, visitor, "not_me.html", frame)


def _event(denied: Denied, visitor: Visitor) -> AuditEvent:
    return AuditEvent(
        decision=Decision.CHANGED,
        client_address=str(visitor.address) if visitor.address else "",
        username=denied.subject.username,
        subject_id=denied.subject.id,
        event="REGISTRATION_FROZEN",
        code=Code.REGISTRATION_FROZEN,
        user_agent=visitor.user_agent,
        network=visitor.network,
        reason=f"said not to be theirs: {denied.change} of {denied.at:%Y-%m-%dT%H:%M:%SZ}",
    )
