"""The pages of the confirmation service provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, request

from idp.core.clock import Clock
from idp.core.errors import DependencyError
from idp.mfatest.client import Client, IdPMetadata, metadata, start_url
from idp.mfatest.judge import LARGEST_ANSWER, judge
from idp.mfatest.pending import LIFETIME, PendingRequests, pending_key
from idp.mfatest.result import Refusal
from idp.settings.model import ConfirmationSP, Site
from idp.words import Words, choose_language

COOKIE = "__Host-warifu-mfa-test"
TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What the pages are made with: the site's names and colour, its texts, its templates and its static files.

    `render` gives a template's text for a context; it must know the templates of this package as `mfatest/`.
    """

    site: Site
    words: Words
    render: Callable[[str, Mapping[str, object]], str]
    static_folder: Path


def make_wsgi(settings: ConfirmationSP, idp_metadata: IdPMetadata, clock: Clock, look: Look) -> Flask:
    """Make the application. It starts before the identity provider does: `idp_metadata` is first asked on a visit."""
    confirmation = _Confirmation(
        settings,
        Client(settings, idp_metadata, clock),
        PendingRequests(pending_key(settings.signing.key.read_bytes())),
        clock,
        look,
    )
    root = urlsplit(settings.url).path
    application = Flask("idp.mfatest", static_folder=None, template_folder=None)
    application.config["MAX_CONTENT_LENGTH"] = LARGEST_ANSWER + 4096
    application.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_ANSWER + 4096
    application.add_url_rule(f"{root}/", view_func=confirmation.index)
    application.add_url_rule(f"{root}/acs", view_func=confirmation.acs, methods=["POST"])
    application.add_url_rule(f"{root}/metadata", view_func=confirmation.metadata)
    application.add_url_rule(f"{root}/health", view_func=confirmation.health)
    application.add_url_rule(f"{root}/static/site.css", view_func=confirmation.style)
    application.add_url_rule(f"{root}/static/<name>", view_func=confirmation.static)
    application.after_request(_harden)
    return application


@dataclass(frozen=True, slots=True)
class _Confirmation:
    settings: ConfirmationSP
    client: Client
    pending: PendingRequests
    clock: Clock
    look: Look

    def index(self) -> Response:
        """Say what this tests; with `?start` begin at once."""
        if "start" not in request.args:
            return self._page("start.html", {"refusal": None})
        try:
            request_id, location = start_url(self.client.get(), self._language())
        except DependencyError:
            return self._page("start.html", {"refusal": Refusal.NOT_READY}, status=503)
        response = Response(status=303, headers={"Location": location})
        self._keep(response, self.pending.add(self._cookie(), request_id, self.clock()))
        return response

    def acs(self) -> Response:
        """Judge the answer and show the result; an answer is taken once."""
        now = self.clock()
        asked = self.pending.read(self._cookie(), now)
        try:
            result = judge(self.client.get(), request.form.get("SAMLResponse", ""), asked)
        except DependencyError:
            return self._page("start.html", {"refusal": Refusal.NOT_READY}, status=503)
        server_time = f"{now.astimezone(ZoneInfo(self.look.site.time_zone)):%Y-%m-%d %H:%M:%S %Z}"
        response = self._page("result.html", {"result": result, "server_time": server_time})
        if result.in_response_to:
            self._keep(response, self.pending.remove(self._cookie(), result.in_response_to, now))
        return response

    def metadata(self) -> Response:
        """Give the metadata of this service provider."""
        document = metadata(self.settings, self.look.words, self.look.site.languages)
        return Response(document, content_type="application/samlmetadata+xml")

    def health(self) -> Response:
        """Say that this process answers."""
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    def style(self) -> Response:
        """Give the site's colour."""
        body = self.look.render("site.css", {"colour": self.look.site.colour})
        return Response(body, content_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=300"})

    def static(self, name: str) -> Response:
        """Give a static file."""
        found = next((path for path in self.look.static_folder.iterdir() if path.name == name), None)
        if found is None or found.suffix not in TYPES:
            return Response("not found\n", status=404, content_type="text/plain; charset=utf-8")
        return Response(found.read_bytes(), content_type=TYPES[found.suffix], headers={"Cache-Control": "max-age=300"})

    def _cookie(self) -> str:
        return request.cookies.get(COOKIE, "")

    def _keep(self, response: Response, value: str) -> None:
        """Keep the IDs with the browser. The answer is posted from another site: Lax would not come along."""
        max_age = LIFETIME if value else 0
        response.set_cookie(COOKIE, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="None")

    def _language(self) -> str:
        """Give the language asked for, in the address or in the RelayState of the request it began with."""
        asked = request.args.get("lang") or request.form.get("RelayState", "")
        accepted = request.headers.get("Accept-Language", "")
        return choose_language(accepted, "", asked, self.look.site.languages)

    def _page(self, template: str, context: Mapping[str, object], *, status: int = 200) -> Response:
        site = self.look.site
        language = self._language()
        home = f"{self.settings.url}/"
        links = [(code, self.look.words.text(code, "language.name"), f"{home}?lang={code}") for code in site.languages]
        body = self.look.render(
            f"mfatest/{template}",
            {
                "page": "mfa-test",
                "language": language,
                "language_links": links,
                "site": site,
                "static": f"{urlsplit(self.settings.url).path}/static",
                "start": f"{home}?start=1&lang={language}",
                **context,
            },
        )
        return Response(body, status=status, content_type="text/html; charset=utf-8")


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
