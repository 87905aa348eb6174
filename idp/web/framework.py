"""Flask, with less to do for each request: what is the same for all of them is made once."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Request
from werkzeug.routing import MapAdapter

from idp.web.headers import Headers, hardened


class Application(Flask):
    """A Flask application of one host, whose answers all bear the common headers."""

    def __init__(self, import_name: str, base_url: str) -> None:
        super().__init__(import_name, static_folder=None, template_folder=None)
        self._host = urlsplit(base_url).netloc

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
