"""A browser without a screen that goes between a service provider and our pages over HTTP."""

import http.client
import re
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import etree

from tests.parts.driver import CAMPUS, HOST, Account, Codes, Reply

LONGEST_WAY = 12
PATIENCE_SECONDS = 20
_FORM = "application/x-www-form-urlencoded"


class LostError(Exception):
    """The browser stands where a person would not know how to go on."""


class Browser:
    """Keeps cookies for each host and follows redirects; the site's host is its plain listener, as behind a proxy."""

    def __init__(self, port: int, codes: Codes, address: str = CAMPUS) -> None:
        self.address = address
        self.cookies: dict[str, dict[str, str]] = {}
        self.visited: list[str] = []
        self.pages: list[str] = []
        self.answers: list[bytes] = []
        self._port = port
        self._codes = codes

    @property
    def url(self) -> str:
        """Where it stands."""
        return self.visited[-1]

    def get(self, url: str) -> Reply:
        """Open an address and go where redirects lead."""
        return self._follow("GET", url)

    def post(self, url: str, fields: dict[str, str]) -> Reply:
        """Send a form and go where that leads."""
        return self._follow("POST", url, urlencode(fields).encode())

    def submit(self, page: Reply, event: str = "proceed", **fields: str) -> Reply:
        """Send the form of a page of ours with what a person adds."""
        return self.post(urljoin(self.url, page.action), {**page.hidden, **fields, f"_eventId_{event}": ""})

    def log_in(self, page: Reply, account: Account) -> Reply:
        """Do what the pages ask for until one answers the service provider; gives that page."""
        for _ in range(LONGEST_WAY):
            if page.saml_response is not None:
                return page
            if page.code:
                break
            page = self._step(page, account)
        raise LostError(f"{page.status} {page.page} {page.code} at {self.url}: {page.body[:300]!r}")

    def deliver(self, page: Reply) -> Reply:
        """Post the answer to the service provider and see what it shows."""
        return self.post(page.action, page.hidden)

    def _step(self, page: Reply, account: Account) -> Reply:
        self.pages.append(page.page)
        if page.page == "password":
            return self.submit(page, j_username=account.username, j_password=account.password)
        if page.page == "certificate":
            return self.submit(page, "totp")
        if page.page == "totp":
            return self.submit(page, tokencode=self._codes.next(account))
        raise LostError(f"{page.status} {page.page} at {self.url}: {page.body[:300]!r}")

    def _follow(self, method: str, url: str, body: bytes = b"") -> Reply:
        for _ in range(LONGEST_WAY):
            reply = self._request(method, url, body)
            if reply.status not in {301, 302, 303}:
                if reply.saml_response is not None:
                    self.answers.append(reply.saml_response)
                return reply
            method, url, body = "GET", urljoin(url, reply.header("location")), b""
        raise LostError(f"redirects without end at {url}")

    def _request(self, method: str, url: str, body: bytes) -> Reply:
        self.visited.append(url)
        parts = urlsplit(url)
        ours = parts.netloc == HOST
        jar = self.cookies.setdefault(parts.netloc, {})
        headers = {"Host": parts.netloc, "Accept-Language": "en", "Accept": "text/html", "User-Agent": "clients"}
        headers |= {"X-Forwarded-For": self.address} if ours else {}
        headers |= {"Content-Type": _FORM} if body else {}
        headers |= {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        port = self._port if ours else parts.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
            response = connection.getresponse()
            reply = Reply(response.status, [(n.lower(), v) for n, v in response.getheaders()], response.read())
        finally:
            connection.close()
        for name, value in reply.headers:
            if name == "set-cookie":
                _keep(jar, value)
        return reply


def _keep(jar: dict[str, str], cookie: str) -> None:
    name, _, rest = cookie.partition("=")
    value = rest.partition(";")[0]
    if value and not re.search(r"max-age=0|expires=\w+, 01[ -]Jan[ -]1970", cookie, re.IGNORECASE):
        jar[name] = value
    else:
        jar.pop(name, None)


def hidden_fields(text: str) -> dict[str, str]:
    """Give the hidden fields of the first form of another's page."""
    inputs = etree.fromstring(text.encode(), etree.HTMLParser()).iterfind(".//form//input[@type='hidden']")
    return {field.get("name", ""): field.get("value", "") for field in inputs}


def is_encrypted(answer: bytes) -> bool:
    """Say whether an answer holds its assertion encrypted, and nothing of it in clear text."""
    return b":EncryptedAssertion" in answer and b":Assertion " not in answer
