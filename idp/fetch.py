"""Outgoing HTTP: conditional, bounded in octets and in time; what comes is believed by nobody (security.md F-11)."""

import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from idp import __version__

_CONNECT_SECONDS = 5.0
_SILENT_SECONDS = 10.0
_CHUNK = 64 * 1024
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
_NOT_MODIFIED = 304


class FetchError(Exception):
    """What was asked for did not come; the text says why. `status` is the answer's, 0 where there was none."""

    def __init__(self, what: str, status: int = 0) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `octets` and `seconds` bound the whole answer, unpacked; `ca` is a file of authorities.

    `etag` and `last_modified` are of what we have already.
    """

    url: str
    octets: int
    seconds: float
    accept: str = "application/samlmetadata+xml, application/xml;q=0.9, */*;q=0.1"
    etag: str = ""
    last_modified: str = ""
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer; `is_new` is False where what we have is what there is (304)."""

    is_new: bool
    etag: str = ""
    last_modified: str = ""


@dataclass(slots=True)
class _Exchange:
    """One exchange on a thread of its own, which cannot be ended from outside: it ends itself when it is given up."""

    wanted: Wanted
    sink: BinaryIO
    result: Fetched | FetchError = field(default_factory=lambda: FetchError("no answer in time"))
    is_done: threading.Event = field(default_factory=threading.Event)
    is_given_up: bool = False

    def run(self) -> None:
        try:
            self.result = _fetch(self)
        except FetchError as error:
            self.result = error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, zlib.error, ValueError) as error:
            self.result = FetchError(_describe(error))
        self.is_done.set()


def fetch(wanted: Wanted, sink: BinaryIO) -> Fetched:
    """Fetch into `sink`. Redirects are followed to https alone. Raises FetchError, at the latest after `seconds`.

    After an error `sink` holds anything, and may be written to a little longer.
    """
    exchange = _Exchange(wanted, sink)
    threading.Thread(target=exchange.run, name="fetch", daemon=True).start()
    if not exchange.is_done.wait(wanted.seconds):
        exchange.is_given_up = True
        raise FetchError(f"no whole answer within {wanted.seconds:g} s")
    if isinstance(exchange.result, FetchError):
        raise exchange.result
    return exchange.result


def _fetch(exchange: _Exchange) -> Fetched:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(exchange.wanted.ca) if exchange.wanted.ca else True
        with _ask(session, exchange.wanted) as answer:
            if answer.status_code == _NOT_MODIFIED and (exchange.wanted.etag or exchange.wanted.last_modified):
                return Fetched(is_new=False)
            if answer.status_code != _OK:
                raise FetchError(f"the server answered {answer.status_code}", answer.status_code)
            written = 0
            for octets in _unpacked(_octets(answer), answer.headers.get("Content-Encoding", "")):
                written += len(octets)
                if exchange.is_given_up or written > exchange.wanted.octets:
                    raise FetchError(f"longer than {exchange.wanted.octets} octets")
                exchange.sink.write(octets)
            exchange.sink.flush()
            headers = answer.headers
            return Fetched(is_new=True, etag=headers.get("ETag", ""), last_modified=headers.get("Last-Modified", ""))


def _ask(session: requests.Session, wanted: Wanted) -> requests.Response:
    headers = {"Accept": wanted.accept, "Accept-Encoding": "gzip", "User-Agent": f"warifu/{__version__}"}
    headers |= {"If-None-Match": wanted.etag} if wanted.etag else {}
    headers |= {"If-Modified-Since": wanted.last_modified} if wanted.last_modified else {}
    url = wanted.url
    for _ in range(_MOST_REDIRECTS + 1):
        answer = session.get(
            url, headers=headers, stream=True, allow_redirects=False, timeout=(_CONNECT_SECONDS, _SILENT_SECONDS)
        )
        if answer.status_code not in _REDIRECTS:
            return answer
        answer.close()
        url = urljoin(url, answer.headers.get("Location", ""))
        if urlsplit(url).scheme != "https":
            raise FetchError("a redirect to something else than https", answer.status_code)
    raise FetchError(f"more than {_MOST_REDIRECTS} redirects")


def _octets(answer: requests.Response) -> Iterator[bytes]:
    """Give what comes as it comes, packed as it is; urllib3 raises where less comes than was said."""
    while octets := answer.raw.read1(_CHUNK, decode_content=False):
        yield octets


def _unpacked(packed: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Unpack gzip a little at a time, so that a bomb is seen before it is large."""
    if encoding.lower() in {"", "identity"}:
        yield from packed
        return
    if encoding.lower() not in {"gzip", "x-gzip"}:
        raise FetchError("packed in a way that was not asked for")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    for octets in packed:
        yield unpacker.decompress(octets, _CHUNK)
        while unpacker.unconsumed_tail:
            yield unpacker.decompress(unpacker.unconsumed_tail, _CHUNK)
    if not unpacker.eof:
        raise FetchError("the packed answer broke off")


def _describe(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    reason = getattr(reason, "reason", reason)
    return f"{type(error).__name__}: {reason}"[:300]
