"""A fast client without a screen: people who log in over HTTP, many at once, each answer's person compared.

It speaks to the plain listener (tests/parts/served.py) over connections that are kept, and knows of the pages only
what the contract says: forms, hidden fields, the names of fields and buttons.
"""

import base64
import html
import re
import secrets
import socket
import time
from dataclasses import dataclass
from urllib.parse import quote_plus

from idp.core.secret import Secret
from plugins.totp.codes import STEP_SECONDS, code_at
from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.judge import JudgedResponse, read_response
from tests.parts.service_provider import TestSP

HOST = "idp.example.ac.jp"
CAMPUS = "192.0.2.10"
OUTSIDE = "198.51.100.7"
LONGEST_WAY = 8

_ACTION = re.compile(rb'<form[^>]* action="([^"]*)"')
_HIDDEN = re.compile(rb'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_PAGE = re.compile(rb'<main data-page="([a-z-]+)"')
_CODE = re.compile(rb'data-code="([A-Z0-9]+)"')


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can log in; `seed` is the secret of their app."""

    username: str
    password: str
    seed: Secret | None = None


class UnexpectedAnswerError(Exception):
    """The site did not do what the driver expected."""


@dataclass(slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def page(self) -> str:
        """The page's name in the contract."""
        found = _PAGE.search(self.body)
        return found.group(1).decode() if found else ""

    @property
    def code(self) -> str:
        """The code of the problem shown."""
        found = _CODE.search(self.body)
        return found.group(1).decode() if found else ""

    @property
    def action(self) -> str:
        found = _ACTION.search(self.body)
        if found is None:
            raise UnexpectedAnswerError(f"no form but {self.status} {self.page} {self.code}")
        return html.unescape(found.group(1).decode())

    @property
    def hidden(self) -> dict[str, str]:
        return {name.decode(): html.unescape(value.decode()) for name, value in _HIDDEN.findall(self.body)}

    @property
    def saml_response(self) -> bytes | None:
        """The Response that the page would post."""
        value = self.hidden.get("SAMLResponse") if self.page == "post" else None
        return base64.b64decode(value) if value else None


class Wire:
    """One kept connection; opened again, and the request sent again, when the server has closed it before answering."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> Reply:
        """Send a request and read the answer. Raises OSError."""
        fresh = self._socket is None
        try:
            return self._once(request)
        except OSError:
            self.close()
            if fresh:
                raise
            return self._once(request)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _once(self, request: bytes) -> Reply:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        reply = Reply(int(start.split()[1]), headers, body)
        length = int(reply.header("content-length") or 0)
        while len(body) < length:
            body += self._more()
        reply.body = body
        if reply.header("connection").lower() == "close":
            self.close()
        return reply

    def _more(self) -> bytes:
        data = self._socket.recv(65536) if self._socket is not None else b""
        if not data:
            raise ConnectionResetError("the server closed the connection")
        return data


@dataclass
class Answer:
    """What the service provider would get, and what it had asked."""

    xml: bytes
    request_id: str
    relay_state: str

    def judged(self, sp: TestSP, certificate_pem: bytes) -> JudgedResponse:
        """Have another implementation verify and decrypt it."""
        judged = read_response(self.xml, sp.key_pem, certificate_pem)
        if judged.in_response_to != self.request_id or self.relay_state != f"state-{self.request_id}":
            raise UnexpectedAnswerError("an answer to another request")
        return judged


def prepare(sp: TestSP) -> tuple[str, str]:
    """Give a fresh AuthnRequest as a service provider redirects to it, and its ID."""
    request_id = "_" + secrets.token_hex(16)
    query = redirect_query(authn_request(sp, id=request_id), relay_state=f"state-{request_id}")
    return f"/idp/profile/SAML2/Redirect/SSO?{query}", request_id


class Browser:
    """Cookies and an address; goes through the pages over one wire."""

    def __init__(self, wire: Wire, address: str = CAMPUS, language: str = "en") -> None:
        self.wire = wire
        self.address = address
        self.language = language
        self.cookies: dict[str, str] = {}

    def request(self, method: str, path: str, body: bytes = b"") -> Reply:
        """Send one request; redirects are not followed."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-For: {self.address}\r\n"
        head += f"Accept-Language: {self.language}\r\n"
        head += f"User-Agent: driver\r\nCookie: {cookies}\r\n" if cookies else "User-Agent: driver\r\n"
        if method == "POST":
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        reply = self.wire.ask(f"{head}\r\n".encode() + body)
        for name, value in reply.headers:
            if name == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return reply

    def follow(self, reply: Reply) -> Reply:
        """Go where redirects lead."""
        while reply.status in {302, 303}:
            reply = self.request("GET", reply.header("location"))
        return reply

    def visit(self, sp: TestSP, prepared: tuple[str, str] | None = None) -> tuple[Reply, str]:
        """Begin at a service provider with a fresh AuthnRequest; gives the first page and the request's ID."""
        path, request_id = prepared or prepare(sp)
        return self.follow(self.request("GET", path)), request_id

    def post(self, page: Reply, event: str = "proceed", **fields: str) -> Reply:
        """Send the page's form; a redirect is not followed."""
        given = {**page.hidden, **fields, f"_eventId_{event}": ""}
        body = "&".join(f"{name}={quote_plus(value)}" for name, value in given.items())
        return self.request("POST", page.action, body.encode("ascii"))

    def submit(self, page: Reply, event: str = "proceed", **fields: str) -> Reply:
        """Send the page's form and go where that leads."""
        return self.follow(self.post(page, event, **fields))

    def log_in(
        self, sp: TestSP, account: Account | None = None, code: str = "", prepared: tuple[str, str] | None = None
    ) -> Answer:
        """Go from a service provider to its answer; without an account on the session that lives."""
        page, request_id = self.visit(sp, prepared)
        for _ in range(LONGEST_WAY):
            xml = page.saml_response
            if xml is not None:
                return Answer(xml, request_id, page.hidden.get("RelayState", ""))
            if account is None or page.code:
                break
            page = self._step(page, account, code)
        raise UnexpectedAnswerError(f"no answer but {page.status} {page.page} {page.code} {page.body[:200]!r}")

    def _step(self, page: Reply, account: Account, code: str) -> Reply:
        if page.page == "password":
            return self.submit(page, j_username=account.username, j_password=account.password)
        if page.page == "certificate":
            return self.submit(page, "totp")
        if page.page == "totp" and code:
            return self.submit(page, tokencode=code)
        raise UnexpectedAnswerError(f"{page.status} {page.page} {page.code}")


class Codes:
    """Codes that have not been used yet: three of one person at any time, each once, in rising order."""

    def __init__(self) -> None:
        self.used: dict[str, int] = {}

    def next(self, account: Account) -> str:
        """Give a code that is good now; empty where the person has to wait for the next."""
        if account.seed is None:
            return ""
        now = int(time.time()) // STEP_SECONDS
        step = max(self.used.get(account.username, 0) + 1, now - 1 if time.time() % STEP_SECONDS < 20 else now)
        if step > now + 1:
            return ""
        self.used[account.username] = step
        return code_at(account.seed, step)
