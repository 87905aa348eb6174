"""Style and script files: ours, the site's colour, and those of plug-ins."""

from functools import cache
from pathlib import Path

from flask import Response

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.web.site import Site

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
OUR_FILES = Path(__file__).parent / "static"
CACHE = "public, max-age=3600"


def static_file(site: Site, name: str) -> Response:
    """Give a file of ours, or of the plug-in whose name leads the path."""
    owner, _, rest = name.partition("/")
    folder = site.static_folders.get(owner) if rest else OUR_FILES
    content = _read(folder, rest or name) if folder else None
    if content is None:
        raise ProtocolError(Code.NOT_FOUND, f"no static file {name!r}", http_status=404)
    response = Response(content, content_type=TYPES[Path(name).suffix])
    response.headers["Cache-Control"] = CACHE
    return response


def site_style(site: Site) -> Response:
    """Give the site's own colour as a style sheet."""
    body = site.environment.get_template("site.css").render(colour=site.settings.site.colour)
    response = Response(body, content_type=TYPES[".css"])
    response.headers["Cache-Control"] = CACHE
    return response


@cache
def _read(folder: Path, name: str) -> bytes | None:
    listed = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    path = listed.get(name)
    return path.read_bytes() if path is not None and path.suffix in TYPES else None
