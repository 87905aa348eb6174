"""Flask, with less to do for each request: what is the same for all of them is made once."""

from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface, SessionMixin
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import MapAdapter
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property

from idp.web.headers import Headers, hardened


class NoSessions(SessionInterface):
    """No cookie of Flask's (design 6)."""

    def __init__(self) -> None:
        self._none = NullSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """Give the session that holds nothing and takes nothing."""
        return self._none

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Do nothing."""


class QuickRequest(Request):
    """A request whose cookies are read from where the server put them, not from among all headers."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """Give the cookies."""
        kind: type[ImmutableMultiDict[str, str]] = ImmutableMultiDict
        return cast("ImmutableMultiDict[str, str]", parse_cookie(self.environ.get("HTTP_COOKIE", ""), cls=kind))


class Application(Flask):
    """A Flask application of one host, whose answers all bear the common headers."""

    session_interface = NoSessions()
    request_class = QuickRequest

    def __init__(self, import_name: str, base_url: str) -> None:
        super().__init__(import_name, static_folder=None, template_folder=None)
        self._host = urlsplit(base_url).netloc

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function as it is: none of ours is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Match by path alone: whether the Host is ours is asked for by itself (security.md S-16)."""
        if request is None:
            return None
        return MapAdapter(self.url_map, self._host, "/", "", "https", request.path, request.method)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; every answer, whatever made it, gets the common headers."""

        def start(status: str, headers: Headers, *more: Any) -> Any:
            return start_response(status, hardened(headers), *more)

        answer: Iterable[bytes] = super().wsgi_app(environ, start)
        return answer
