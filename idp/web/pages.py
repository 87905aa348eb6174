"""Pages of ours: what each template is given."""

import base64
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response

from idp.core.codes import Code
from idp.flow.conversation import Held
from idp.flow.step import Page, Stuck
from idp.saml.model import AuthnRequest
from idp.web.blanks import blank
from idp.web.forms import event_for
from idp.web.headers import allow_certificate, allow_posting_away
from idp.web.paths import ACCOUNT, ERRAND_PATHS, SSO_PATHS
from idp.web.site import Site
from idp.web.visitor import Visitor

SECONDS_A_MINUTE = 60
NOTHING_LEFT = frozenset({Code.APP_NOT_REGISTERED, Code.APP_STOPPED, Code.METHOD_FAILED, Code.NO_METHOD_LEFT})
"""Problems of another method than the page's own: who cannot use this one either needs a way back to the service."""
NAMES = ("username", "person")
"""What a method's page is given of a person: put out by its template as it is, so that it can be a blank; so is what is
`fresh` of an `Ask`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page shows whatever it is about: the service, the form's way back, what went wrong.

    `fill` are the values of the blanks in the other fields; a page with blanks is rendered once and kept.
    """

    page: str
    action: str = ""
    path: str = ""
    service_name: str = ""
    privacy_url: str = ""
    tally: str = ""
    hidden: Sequence[tuple[str, str]] = ()
    problem: Code | None = None
    retry_minutes: int | None = None
    alternatives: Sequence[tuple[str, str]] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    fill: Mapping[str, str] = field(default_factory=dict)

    def key(self) -> Hashable:
        """Give all that the page shows, blanks aside."""
        return (
            *(self.page, self.action, self.path, self.service_name, self.privacy_url, self.tally, self.problem),
            *(tuple(self.hidden), self.retry_minutes, tuple(self.alternatives), tuple(self.extra.items())),
        )


def render(site: Site, visitor: Visitor, template: str, frame: Frame) -> Response:
    """Give a page in the visitor's language."""
    language = visitor.language
    write = partial(_write, site, language, template, frame)
    body = site.kept_pages.render((template, language, frame.key()), frame.fill, write) if frame.fill else write()
    return Response(body, status=frame.status, content_type="text/html; charset=utf-8")


def _write(site: Site, language: str, template: str, frame: Frame) -> str:
    settings = site.settings.site
    return site.environment.get_template(template).render(
        page=frame.page,
        language=language,
        language_links=_language_links(site, frame.path),
        site=settings,
        password_help=settings.password_help.get(language, ""),
        problem=frame.problem,
        retry_minutes=frame.retry_minutes,
        action=frame.action,
        hidden=frame.hidden,
        service_name=frame.service_name,
        privacy_url=frame.privacy_url,
        tally=frame.tally,
        alternatives=frame.alternatives,
        **frame.extra,
    )


def method_page(site: Site, held: Held, authn_request: AuthnRequest | None, step: Page, visitor: Visitor) -> Response:
    """Show a method's page; without a request it is a step of an errand of the person's own."""
    frame = form_frame(site, held, authn_request, visitor)
    own = {**{name: value for name in NAMES if (value := step.ask.values.get(name))}, **step.ask.fresh}
    response = render(
        site,
        visitor,
        f"{step.method}/{step.ask.page}.html",
        Frame(
            page=step.ask.page,
            action=frame.action,
            path=frame.path,
            service_name=frame.service_name,
            privacy_url=frame.privacy_url,
            hidden=frame.hidden,
            tally=("password" if step.begins else "second") if step.two_factors else "",
            problem=step.problem,
            retry_minutes=minutes_until(step.retry_at, visitor.now),
            alternatives=[
                (event_for(name), site.words.text(visitor.language, f"{name}.use")) for name in step.alternatives
            ],
            extra={
                "trust_days": site.settings.login.remembered_days if step.may_trust else 0,
                **step.ask.values,
                **{name: blank(name) for name in own},
                "can_return": authn_request is not None and step.problem in NOTHING_LEFT,
            },
            fill={**frame.fill, **own},
        ),
    )
    if site.settings.listen.certificate_url:
        allow_certificate(response, site.settings.listen.certificate_url)
    return response


def stuck_page(site: Site, held: Held, authn_request: AuthnRequest | None, step: Stuck, visitor: Visitor) -> Response:
    """Say why no method is left, with the way back to the service, if there is one."""
    frame = form_frame(site, held, authn_request, visitor)
    extra: dict[str, Any] = {"return_to_service": authn_request is not None, "correlation_id": "", **dict(step.values)}
    return render(
        site,
        visitor,
        "error.html",
        Frame(
            page="error",
            action=frame.action,
            path=frame.path,
            service_name=frame.service_name,
            hidden=frame.hidden,
            problem=step.code,
            extra=extra,
            fill=frame.fill,
        ),
    )


def error_page(
    site: Site, visitor: Visitor, code: Code, status: int, correlation_id: str, *, path: str = ""
) -> Response:
    """Say what went wrong where no service provider can be told; `path` is where the page may be asked for again."""
    extra = {"return_to_service": False, "correlation_id": correlation_id}
    frame = Frame(page="error", path=path, problem=code, status=status, extra=extra)
    return render(site, visitor, "error.html", frame)


def post_page(site: Site, authn_request: AuthnRequest, xml: bytes, visitor: Visitor) -> Response:
    """Give the page that posts the Response to the assertion consumer service (SAML Bindings 3.5.4)."""
    fields = {"SAMLResponse": base64.b64encode(xml).decode("ascii")}
    if authn_request.relay_state is not None:
        fields["RelayState"] = authn_request.relay_state
    service_name = authn_request.service_provider.display_name(visitor.language)
    frame = Frame(
        page="post",
        action=authn_request.assertion_consumer_service_url,
        hidden=[(name, blank(name)) for name in fields],
        service_name=service_name,
        tally="done",
        fill=fields,
    )
    response = render(site, visitor, "post.html", frame)
    allow_posting_away(response)
    return response


def form_frame(site: Site, held: Held, authn_request: AuthnRequest | None, visitor: Visitor) -> Frame:
    """Give what every page of a conversation's step has: the form's way back, its token, the service."""
    service_provider = authn_request.service_provider if authn_request is not None else None
    action = f"{_path_of(held, authn_request)}?execution={blank('execution')}"
    token = site.tokens.make(held.handle, held.conversation.step, visitor.browser.id)
    return Frame(
        page="",
        action=action,
        path=action,
        service_name=service_provider.display_name(visitor.language) if service_provider is not None else "",
        privacy_url=service_provider.privacy_urls.get(visitor.language, "") if service_provider is not None else "",
        hidden=[("csrf_token", blank("csrf_token"))],
        fill={"execution": held.handle, "csrf_token": token},
    )


def _path_of(held: Held, authn_request: AuthnRequest | None) -> str:
    if authn_request is not None:
        return SSO_PATHS[authn_request.binding]
    return ERRAND_PATHS[held.conversation.errand.purpose] if held.conversation.errand is not None else ACCOUNT


def _language_links(site: Site, path: str) -> list[tuple[str, str, str]]:
    """Give the page in each language; none of a page that no GET leads to once more."""
    if not path:
        return []
    sign = "&" if "?" in path else "?"
    return [
        (code, site.words.text(code, "language.name"), f"{path}{sign}lang={code}")
        for code in site.settings.site.languages
    ]


def minutes_until(until: datetime | None, now: datetime) -> int | None:
    """Give how many minutes it is until then, rounded up."""
    if until is None:
        return None
    return max(1, -(-int((until - now).total_seconds()) // SECONDS_A_MINUTE))
