"""Documents over the network: fetched in time, believed when verified, kept while nothing better comes."""

import gzip
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from idp.federation import fetching
from idp.federation.backing import Backing
from idp.federation.fetching import FetchOutcome, due_at, fetch_due
from idp.federation.health import look_at_sources
from idp.settings.metadata_source import MetadataSource
from tests.federation.conftest import Desk
from tests.federation.test_sources import OTHER, A, B, certificate, document, soon, with_sources
from tests.parts.certificates import Authority, make_authority
from tests.parts.metadata_server import MetadataServer, send, serve
from tests.parts.slapd import free_port

__all__ = ["certificate"]

PATH = "/metadata.xml"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[MetadataServer]:
    with serve(authority.issue("metadata")) as running:
        yield running


@pytest.fixture(autouse=True)
def _anew(server: MetadataServer) -> None:
    server.answers.clear()
    server.asked.clear()


@pytest.fixture
def source(desk: Desk, server: MetadataServer, certificate: Path, authority: Authority) -> MetadataSource:
    only = MetadataSource(name="remote", url=server.url + PATH, keys=(certificate,), ca=authority.ca, max_megabytes=1)
    with_sources(desk, only)
    return only


def go(desk: Desk, **later: float) -> FetchOutcome:
    """Fetch when it is due, and read what came."""
    desk.now += timedelta(**later or {"hours": 2})
    (outcome,) = fetch_due(desk.settings, desk.now)
    desk.report = desk.refresh()  # type: ignore[attr-defined]
    return outcome


def registered(desk: Desk) -> list[str]:
    return [each.entity_id for each in desk.federation().entities()]


def test_iip_md02_a_document_is_fetched_verified_and_kept_for_us_alone(desk: Desk, server, source):
    assert desk.refresh().problems[0].what == "nothing of it was fetched yet"
    server.give(PATH, document(A, until=soon(desk)))
    assert go(desk) == FetchOutcome("remote", is_new=True)
    assert registered(desk) == [A.entity_id]
    assert desk.report.problems == ()
    kept = desk.settings.fetched(source)
    assert {path.stat().st_mode & 0o777 for path in kept.parent.iterdir()} == {0o600}
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert list(fetch_due(desk.settings, desk.now + timedelta(minutes=10))) == []
    assert not desk.refresh().changed


def test_iip_md02_what_has_not_changed_is_not_sent_again(desk: Desk, server, source):
    date = "Tue, 24 Nov 2026 09:00:00 GMT"
    server.give(PATH, document(A, until=soon(desk)), ETag='"one"', Last_Modified=date)
    go(desk)
    assert not go(desk).is_new
    first, second = server.asked
    assert "If-None-Match" not in first
    assert (second["If-None-Match"], second["If-Modified-Since"]) == ('"one"', date)
    assert not desk.report.changed
    (health,) = look_at_sources(desk.settings, desk.report)
    assert health.confirmed == desk.now
    server.give(PATH, document(A, B, until=soon(desk)), ETag='"two"')
    assert go(desk).is_new
    assert len(registered(desk)) == 2


def test_a_document_may_be_packed(desk: Desk, server, source):
    server.give(PATH, gzip.compress(document(A, until=soon(desk))), Content_Encoding="gzip")
    go(desk)
    assert "gzip" in server.asked[0]["Accept-Encoding"]
    assert registered(desk) == [A.entity_id]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_iip_md02_redirects_are_followed(desk: Desk, server, source, status: int):
    server.give(PATH, b"", status, Location="/there.xml")
    server.give("/there.xml", document(A, until=soon(desk)))
    go(desk)
    assert registered(desk) == [A.entity_id]


@pytest.mark.parametrize("location", ["http://localhost:1/", "file:///etc/passwd", "", PATH])
def test_redirects_lead_to_https_alone_and_come_to_an_end(desk: Desk, server, source, location: str):
    server.give(PATH, b"", 302, Location=location)
    assert "redirect" in go(desk).problem
    assert len(server.asked) <= 6


def drip(handler: BaseHTTPRequestHandler, is_over: threading.Event) -> None:
    """Send an octet now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not is_over.wait(0.02):
        handler.wfile.write(b"<")


def drip_headers(handler: BaseHTTPRequestHandler, is_over: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not is_over.wait(0.02):
        handler.wfile.write(b"x")


BOMB = gzip.compress(b"<" * 50_000_000)
TROUBLE = {
    "not found": (lambda h, _: send(h, b"", 404), "404"),
    "error": (lambda h, _: send(h, b"", 500), "500"),
    "captive page": (lambda h, _: send(h, b"<html><p>Log in</html>"), "not XML"),
    "well-formed captive page": (lambda h, _: send(h, b"<html><p>Log in</p></html>"), "not signed"),
    "empty": (lambda h, _: send(h, b""), "not XML"),
    "truncated": (lambda h, _: send(h, b"<a>", headers={"Content_Length": "500"}), "Connection broken"),
    "truncated gzip": (
        lambda h, _: send(h, gzip.compress(b"<a/>" * 999)[:-9], headers={"Content_Encoding": "gzip"}),
        "broke off",
    ),
    "too long": (lambda h, _: send(h, b"<" + b"a" * 1_000_001), "longer than"),
    "bomb": (
        lambda h, _: send(h, BOMB, headers={"Content_Encoding": "gzip"}),
        "longer than",
    ),
    "no gzip": (lambda h, _: send(h, b"<a/>", headers={"Content_Encoding": "gzip"}), "incorrect header"),
    "unknown packing": (lambda h, _: send(h, b"<a/>", headers={"Content_Encoding": "br"}), "packed"),
    "no HTTP": (lambda h, _: h.wfile.write(b"hello\r\n\r\n"), "BadStatusLine"),
    "nothing": (lambda h, _: h.connection.close(), ""),
    "slow body": (drip, "within"),
    "slow headers": (drip_headers, "within"),
    "silence": (lambda _, is_over: is_over.wait(20), "within"),
}


@pytest.mark.parametrize("trouble", sorted(TROUBLE))
def test_f11_whatever_a_server_does_what_was_good_is_served_until_it_ends(
    desk: Desk, server, source, monkeypatch, trouble: str
):
    server.give(PATH, document(A, until=soon(desk, hours=10)), ETag='"good"')
    go(desk)
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 0.7)
    answer, why = TROUBLE[trouble]
    server.answers[PATH] = lambda handler: answer(handler, server.is_over)
    outcome = go(desk)
    (problem,) = desk.report.problems
    assert problem.kept
    assert why in problem.what
    assert registered(desk) == [A.entity_id]
    assert desk.refresh().problems == (problem,)
    desk.settings.index.unlink()
    assert desk.refresh().problems == (problem,)
    assert registered(desk) == [A.entity_id]
    server.give(PATH, document(A, B, until=soon(desk, hours=30)), ETag='"better"')
    assert go(desk, hours=1).is_new
    assert len(registered(desk)) == 2
    assert desk.report.problems == ()
    assert outcome.source == "remote"


def test_f11_a_server_that_cannot_be_reached_or_is_somebody_else(desk: Desk, server, source, authority, tmp_path):
    server.give(PATH, document(A, until=soon(desk)))
    go(desk)
    other = make_authority(tmp_path / "other")
    past = datetime.now(UTC) - timedelta(days=30)
    expired = authority.issue("old", starts=past, ends=past + timedelta(days=1))
    elsewhere = authority.issue("elsewhere", hosts=("elsewhere.example.org",))
    with serve(expired) as old, serve(elsewhere) as wrong:
        for change in (
            {"url": f"https://localhost:{free_port()}{PATH}"},
            {"url": "https://no-such-host.invalid/"},
            {"ca": other.ca},
            {"url": old.give(PATH, document(B, until=soon(desk)))},
            {"url": wrong.give(PATH, document(B, until=soon(desk)))},
        ):
            with_sources(desk, source.model_copy(update=change))
            assert go(desk).problem
    with_sources(desk, source)
    assert desk.refresh().problems
    assert registered(desk) == [A.entity_id]


@pytest.mark.parametrize("form", ["expired", "unsigned", "another key", "endless", "older"])
def test_m01_m02_m05_a_bad_document_is_put_aside_and_the_good_one_stays(desk: Desk, server, source, form: str):
    until = soon(desk)
    server.give(PATH, document(A, until=until, issued=desk.now), ETag='"1"')
    go(desk)
    good = desk.settings.fetched(source).read_bytes()
    bad = {
        "expired": document(B, until=desk.now - timedelta(hours=1), issued=desk.now),
        "unsigned": document(B, until=until, issued=desk.now, key=None),
        "another key": document(B, until=until, issued=desk.now, key=OTHER),
        "endless": document(B, until=None, issued=desk.now),
        "older": document(B, until=until, issued=desk.now - timedelta(days=1)),
    }[form]
    server.give(PATH, bad, ETag='"2"')
    go(desk)
    assert desk.report.problems[0].kept
    assert desk.refresh().problems == desk.report.problems
    assert registered(desk) == [A.entity_id]
    assert desk.settings.fetched(source).read_bytes() == good
    server.give(PATH, document(A, B, until=until, issued=desk.now), ETag='"3"')
    go(desk)
    assert "If-None-Match" not in server.asked[-1]
    assert desk.report.problems == ()
    assert len(registered(desk)) == 2


def test_f11_at_a_start_what_is_on_the_disk_is_verified_again(desk: Desk, server, source):
    server.give(PATH, document(A, until=soon(desk)))
    go(desk)
    kept = desk.settings.fetched(source)
    desk.settings.index.unlink()
    assert desk.refresh().entities == 1
    kept.write_bytes(kept.read_bytes().replace(b"a.example.org/Shib", b"a.example.com/Shib"))
    desk.settings.index.unlink()
    report = desk.refresh()
    assert "digest" in report.problems[0].what
    assert registered(desk) == []


def test_m05_with_the_index_lost_an_older_document_is_still_refused(desk: Desk, server, source):
    server.give(PATH, document(A, until=soon(desk), issued=desk.now))
    go(desk)
    server.give(PATH, document(B, until=soon(desk), issued=desk.now - timedelta(days=1)))
    desk.settings.index.unlink()
    go(desk)
    assert registered(desk) == [A.entity_id]
    assert "before" in desk.refresh().problems[0].what
    assert registered(desk) == [A.entity_id]


def test_f11_after_an_error_a_source_is_asked_soon_then_more_and_more_seldom(desk: Desk, server, source):
    waits = []
    for _ in range(9):
        go(desk)
        state = Backing(desk.settings.fetched(source)).state()
        waits.append(due_at(source, state) - desk.now.timestamp())
    assert 27 <= waits[0] <= 30
    assert all(after > before * 1.7 for before, after in pairwise(waits[:7]))
    assert 3240 <= waits[8] <= 3600
    server.give(PATH, document(A, until=soon(desk)))
    go(desk)
    state = Backing(desk.settings.fetched(source)).state()
    assert 3240 <= due_at(source, state) - desk.now.timestamp() <= 3600


def test_a_clock_that_was_set_back_stops_no_fetching(desk: Desk, server, source):
    server.give(PATH, document(A, until=soon(desk)))
    go(desk)
    desk.now -= timedelta(days=1)
    assert len(list(fetch_due(desk.settings, desk.now))) == 1


def test_nothing_of_this_process_surroundings_is_asked_or_sent(desk: Desk, server, source, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("https_proxy", f"http://localhost:{free_port()}")
    server.give(PATH, document(A, until=soon(desk)))
    assert go(desk).problem == ""
    assert "Authorization" not in server.asked[0]
