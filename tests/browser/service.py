"""The web site of a service provider: it sends people off to log in, judges the answer, and shows what it says.

/login?binding=redirect|post, and of the request: class=URI, force=1, minutes_old=10
/frame?url=…   a page that puts another page into a frame
"""

import base64
import html
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.certificates import Leaf
from tests.parts.judge import JudgedResponse, read_response
from tests.parts.service_provider import TestSP

SSO = "/idp/profile/SAML2"
_PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><body>{body}</body></html>'


@dataclass
class Service:
    """A service provider with a web site. `after` is where its assertion consumer service sends people on to."""

    sp: TestSP
    idp_url: str
    idp_certificate_pem: Callable[[], bytes]
    after: str
    answers: dict[str, JudgedResponse] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address of the site."""
        return self.sp.acs.partition("/Shibboleth.sso")[0]

    def login(self, query: dict[str, list[str]]) -> tuple[str, str, str]:
        """Give where to go, and what a form would carry there: the request and the RelayState."""
        age = timedelta(minutes=int(query.get("minutes_old", ["0"])[0]))
        xml = authn_request(
            self.sp,
            issue_instant=datetime.now(UTC) - age,
            force_authn="force" in query or None,
            authn_context_class_refs=tuple(query.get("class", ())),
        )
        relay_state = f"from {self.sp.name}"
        if "post" in query.get("binding", ()):
            return f"{self.idp_url}{SSO}/POST/SSO", base64.b64encode(xml).decode(), relay_state
        return f"{self.idp_url}{SSO}/Redirect/SSO?{redirect_query(xml, relay_state=relay_state)}", "", ""

    def take(self, form: dict[str, list[str]]) -> str:
        """Judge an answer as another implementation would; gives the name under which it is kept."""
        xml = base64.b64decode(form["SAMLResponse"][0], validate=True)
        judged = read_response(xml, self.sp.key_pem, self.idp_certificate_pem())
        if form.get("RelayState") != [f"from {self.sp.name}"]:
            raise ValueError(f"RelayState {form.get('RelayState')}")
        self.answers[judged.id] = judged
        return judged.id


class _Site(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path == "/login":
            self._login(query)
        elif parts.path == "/frame":
            self._show("Frame", f'<iframe src="{html.escape(query["url"][0])}" width="600" height="600"></iframe>')
        elif parts.path == "/welcome":
            self._show("Welcome", f"<h1>Welcome</h1><p id=answer>{html.escape(query['answer'][0])}</p>")
        else:
            self._send(204, "", {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.service.take(parse_qs(body.decode("ascii"), strict_parsing=True))
        self._send(302, "", {"Location": f"{self.service.after}?answer={answer}"})

    def _login(self, query: dict[str, list[str]]) -> None:
        url, saml_request, relay_state = self.service.login(query)
        if not saml_request:
            self._send(302, "", {"Location": url})
            return
        self._show(
            "Login",
            f'<form method="post" action="{html.escape(url)}">'
            f'<input type="hidden" name="SAMLRequest" value="{saml_request}">'
            f'<input type="hidden" name="RelayState" value="{html.escape(relay_state)}">'
            "<button>Login</button></form><script>document.forms[0].submit()</script>",
        )

    def _show(self, title: str, body: str) -> None:
        self._send(200, _PAGE.format(title=title, body=body), {"Content-Type": "text/html; charset=utf-8"})

    def _send(self, status: int, text: str, headers: dict[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of http.server
        """Write no log."""


@contextmanager
def serving_service(service: Service, leaf: Leaf) -> Iterator[int]:
    """Serve the site over TLS on a port of 127.0.0.1, which is given."""
    handler = type("Site", (_Site,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf.certificate, leaf.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
