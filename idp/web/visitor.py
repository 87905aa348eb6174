"""Who is before us on one request: address, network, browser, session, language."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from flask import Request

from idp.core.network import Address
from idp.flow.session import Session
from idp.flow.step import Situation
from idp.web.cookies import LANGUAGE, Browser, browser_of, session_id_of, trust_of
from idp.web.origin import client_address
from idp.web.site import Site
from idp.words import choose_language

LONGEST_SHOWN = 64


@dataclass(frozen=True)
class Visitor:
    """One request's sender. `session` is looked up on purpose, by `with_session`, and by nothing else."""

    address: Address | None
    network: str
    browser: Browser
    language: str
    chosen_language: str | None
    session_id: str | None
    user_agent: str
    now: datetime
    trust: str = ""

    @cached_property
    def situation(self) -> Situation:
        """Give what the engine may know of it."""
        return Situation(self.address, self.network, self.browser.id, self.language, trust=self.trust)


def visitor_of(site: Site, request: Request) -> Visitor:
    """Read the visitor from a request."""
    address = client_address(request, site.proxies)
    now = site.clock()
    if address is None and site.unknown_addresses.may(now):
        _complain(site, request)
    languages = site.settings.site.languages
    # Error pages are shown of requests that cannot be read, too: an unreadable query asks for no language.
    query = request.query_string
    asked = request.args.get("lang", "") if b"lang=" in query and query.isascii() else ""
    chosen = asked if asked in languages else None
    return Visitor(
        address=address,
        network=site.networks.name(address, now),
        browser=browser_of(request),
        language=choose_language(
            request.environ.get("HTTP_ACCEPT_LANGUAGE", ""), request.cookies.get(LANGUAGE, ""), asked, languages
        ),
        chosen_language=chosen,
        session_id=session_id_of(request),
        user_agent=request.environ.get("HTTP_USER_AGENT", "")[:512],
        now=now,
        trust=trust_of(request) if site.policy.remembers else "",
    )


def _complain(site: Site, request: Request) -> None:
    """Tell the operator that people are outside because of what a proxy says or does not say (security.md F-21)."""
    site.log.error(
        "alarm",
        message="a request's address cannot be known, its sender is outside; see listen.proxies and X-Forwarded-For",
        peer=request.environ.get("REMOTE_ADDR", ""),
        forwarded=request.environ.get("HTTP_X_FORWARDED_FOR", "")[:LONGEST_SHOWN],
    )


def session_of(site: Site, visitor: Visitor) -> Session | None:
    """Give the live session of the visitor's cookie."""
    return site.sessions.find(visitor.session_id, visitor.now)
