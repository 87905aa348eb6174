"""The WSGI application: routes, headers on everything, and one place where errors become pages."""

import socket
from collections.abc import Callable

from flask import Flask, Request, Response, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from idp.audit import AuditEvent
from idp.core.codes import Code
from idp.core.errors import DependencyError, ProtocolError, WarifuError
from idp.core.turn import stepping_aside
from idp.not_me import PATH as NOT_ME
from idp.web import account, denying, sso
from idp.web.assets import site_style, static_file
from idp.web.audit_event import rejected
from idp.web.certificate import receive_certificate
from idp.web.cookies import set_browser, set_language
from idp.web.framework import Application
from idp.web.headers import correlation_id
from idp.web.helpdesk.act import do_act, show_act
from idp.web.helpdesk.find import find, show_find
from idp.web.helpdesk.person import show_person
from idp.web.logout import show_logout, submit_logout
from idp.web.own_sessions import end_others
from idp.web.pages import error_page
from idp.web.paths import (
    CERTIFICATE,
    CERTIFICATE_RETURN,
    ERRAND_PATHS,
    ERROR,
    HEALTH,
    HELPDESK,
    HELPDESK_ACT,
    HELPDESK_PERSON,
    LOGOUT,
    METADATA,
    POST_SLO,
    POST_SSO,
    PROPAGATE,
    REDIRECT_SLO,
    REDIRECT_SSO,
    SESSIONS,
    SOAP_SLO,
    TROUBLE,
    TRUSTED,
)
from idp.web.presented import hosts_of, is_certificate_address
from idp.web.propagate import go_on, show_logout_on_its_way
from idp.web.site import Site
from idp.web.slo import receive_logout_post, receive_logout_redirect, receive_logout_soap
from idp.web.trouble import show_trouble
from idp.web.trusting import end_trust
from idp.web.visitor import Visitor, visitor_of

LARGEST_REQUEST_BYTES = 512 * 1024
RETRY_AFTER_SECONDS = "5"

View = Callable[[Site, Request, Visitor], Response]


def make_application(site: Site) -> Flask:
    """Give the Flask application of a site; every route stands here with its methods."""
    application = Application("idp.web", site.settings.site.base_url)
    application.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    application.config["PROVIDE_AUTOMATIC_OPTIONS"] = False

    def route(path: str, method: str, handler: View) -> None:
        application.add_url_rule(path, f"{method} {path}", _view(site, handler, method), methods=[method])

    route(REDIRECT_SSO, "GET", _redirect_or_step)
    route(REDIRECT_SSO, "POST", sso.submit)
    route(POST_SSO, "GET", sso.show)
    route(POST_SSO, "POST", _post_or_form)
    route(CERTIFICATE_RETURN, "GET", sso.come_back)
    route(LOGOUT, "GET", show_logout)
    route(LOGOUT, "POST", submit_logout)
    route(REDIRECT_SLO, "GET", receive_logout_redirect)
    route(POST_SLO, "POST", receive_logout_post)
    route(SOAP_SLO, "POST", receive_logout_soap)
    route(PROPAGATE, "GET", show_logout_on_its_way)
    route(PROPAGATE, "POST", go_on)
    for purpose, path in ERRAND_PATHS.items():
        route(path, "GET", account.shower(purpose))
        route(path, "POST", account.submit)
    route(SESSIONS, "POST", end_others)
    route(TRUSTED, "POST", end_trust)
    route(HELPDESK, "GET", show_find)
    route(HELPDESK, "POST", find)
    route(HELPDESK_PERSON, "GET", show_person)
    route(HELPDESK_ACT, "GET", show_act)
    route(HELPDESK_ACT, "POST", do_act)
    route(TROUBLE, "GET", show_trouble)
    route(NOT_ME, "GET", denying.show)
    route(NOT_ME, "POST", denying.submit)
    route(ERROR, "GET", _explain)
    application.add_url_rule(CERTIFICATE, "certificate", lambda: _certificate(site), methods=["GET"])
    application.add_url_rule(METADATA, "metadata", lambda: _own_metadata(site))
    application.add_url_rule(HEALTH, "health", lambda: _health(site))
    application.add_url_rule("/idp/static/site.css", "style", lambda: site_style(site))
    application.add_url_rule("/idp/static/<path:name>", "static", lambda name: static_file(site, name))

    hosts = _hosts(site)
    application.before_request(lambda: _require_readable(hosts))
    application.register_error_handler(WarifuError, lambda error: _show_error(site, error))
    application.register_error_handler(HTTPException, lambda error: _show_http_error(site, error))
    application.register_error_handler(Exception, lambda error: _show_unexpected(site, error))
    return application


def _view(site: Site, handler: View, method: str) -> Callable[[], Response]:
    def handle() -> Response:
        asked = request_ctx.request  # `request` looks for it anew at each word
        if asked.method != method:
            raise MethodNotAllowed([method])  # HEAD, which would take a step and show nothing of it (T-22)
        if is_certificate_address(asked, site.settings.listen):
            raise ProtocolError(Code.NOT_FOUND, "nothing of this is served here", http_status=404)
        visitor = visitor_of(site, asked)
        response = handler(site, asked, visitor)
        if visitor.browser.is_new and method == "GET":
            # Another site's POST brings no cookies; that is no reason to take the browser's own from it (S-01).
            set_browser(response, visitor.browser)
        if visitor.chosen_language:
            set_language(response, visitor.chosen_language)
        return response

    return handle


def _require_readable(hosts: frozenset[str]) -> None:
    """Refuse a query that is no URI (RFC 3986 2.1), and a Host that is not ours (security.md S-16)."""
    asked = request_ctx.request
    if not asked.query_string.isascii():
        raise ProtocolError(Code.REQUEST_MALFORMED, "a query that is not ASCII")
    # A load balancer asks for our health by address; everything else is asked for by name.
    if asked.path != HEALTH and asked.host not in hosts:
        raise ProtocolError(Code.REQUEST_MALFORMED, f"Host {asked.host!r}", reason="host")


def _redirect_or_step(site: Site, request: Request, visitor: Visitor) -> Response:
    handler = sso.show if _names_conversation(request) else sso.receive_redirect
    return handler(site, request, visitor)


def _post_or_form(site: Site, request: Request, visitor: Visitor) -> Response:
    handler = sso.submit if _names_conversation(request) else sso.receive_post
    return handler(site, request, visitor)


def _names_conversation(request: Request) -> bool:
    # A look before the query is taken apart: a SAMLRequest is long.
    return b"execution=" in request.query_string and "execution" in request.args


def _explain(site: Site, request: Request, visitor: Visitor) -> Response:
    return error_page(site, visitor, Code.SENT_HERE, 200, "", path=ERROR)


def _certificate(site: Site) -> Response:
    asked = request_ctx.request
    if asked.method != "GET":
        raise MethodNotAllowed(["GET"])
    if not is_certificate_address(asked, site.settings.listen):
        raise ProtocolError(Code.NOT_FOUND, "nothing of this is served here", http_status=404)
    return receive_certificate(site, asked)


def _own_metadata(site: Site) -> Response:
    return Response(site.own_metadata, content_type="application/samlmetadata+xml")


def _health(site: Site) -> Response:
    """Say that this worker answers and its store does; in a demo also that the confirmation service provider is up.

    Networks that cannot be used are named, and no more: people still log in, with two factors.
    """
    site.store.get("health", "health")
    confirmation = site.settings.confirmation
    if confirmation is not None and confirmation.counts_for_health and not _answers(confirmation.listen):
        return Response("the confirmation service provider is not up\n", status=503, content_type="text/plain")
    site.networks.look(site.clock())
    unusable = ", ".join(problem.key for problem in site.networks.problems)
    text = f"ok, but {unusable} cannot be used: people there are outside\n" if unusable else "ok\n"
    return Response(text, content_type="text/plain")


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with stepping_aside():
            socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _show_error(site: Site, error: WarifuError) -> Response:
    """Show an error as a page; the detail goes to the log under the id on the page."""
    visitor = visitor_of(site, request)
    reference = correlation_id()
    status = error.http_status if isinstance(error, ProtocolError) else 500
    if isinstance(error, DependencyError):
        status = 503
    site.log.warning("refused", code=str(error.code), detail=error.detail, reference=reference, path=request.path)
    if isinstance(error, ProtocolError):
        _record(site, rejected(error, visitor, request.path, reference))
    site.metrics.count("errors", code=str(error.code))
    response = error_page(site, visitor, error.code, status, reference)
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def _record(site: Site, event: AuditEvent) -> None:
    """Record a refusal; one that cannot be written down is a refusal all the same."""
    try:
        site.audit.record(event)
    except DependencyError as error:
        site.log.error("audit is down", detail=error.detail)


def _show_http_error(site: Site, error: HTTPException) -> Response:
    codes = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED, 413: Code.REQUEST_TOO_LARGE}
    status = error.code or 500
    response = error_page(site, visitor_of(site, request), codes.get(status, Code.REQUEST_MALFORMED), status, "")
    if status == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


def _show_unexpected(site: Site, error: Exception) -> Response:
    """Show that we are broken: nothing is proved by it, and the log has the whole of it but no values of variables."""
    reference = correlation_id()
    site.log.error("broken", reference=reference, path=request.path, exc_info=error)
    return error_page(site, visitor_of(site, request), Code.BROKEN, 500, reference)


def _hosts(site: Site) -> frozenset[str]:
    return hosts_of(site.settings.site.base_url) | hosts_of(site.settings.listen.certificate_url)
