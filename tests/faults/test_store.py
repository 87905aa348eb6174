"""The store is gone, flushed or unusable: no login, a page that says so, and well again at once (F-04)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis

from idp.core.codes import Code
from tests.login.conftest import OTHER_SP, SP
from tests.parts.site import CAMPUS, Browser, Idp, Page
from tests.parts.sites import MakeIdp, at_code, is_refusal, is_success, password_of, prove_password
from tests.parts.slapd import RunningSlapd
from tests.store.servers import RedisServer


@dataclass
class Outage:
    """A site with ways to take its store away, to bring it back, and to empty it."""

    idp: Idp
    take_away: Callable[[], None]
    bring_back: Callable[[], None]
    flush: Callable[[], None]


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


def of_sqlite(idp: Idp) -> Outage:
    store = idp.conf / "state" / "store.sqlite"

    def take_away() -> None:
        for file in store.parent.glob("store.sqlite*"):
            file.unlink()
        store.mkdir()

    def flush() -> None:
        for file in store.parent.glob("store.sqlite*"):
            file.unlink()

    return Outage(idp, take_away, store.rmdir, flush)


def of_redis(idp: Idp, server: RedisServer) -> Outage:
    def flush() -> None:
        with redis.Redis(unix_socket_path=str(server.socket)) as client:
            client.flushall()

    return Outage(idp, server.stop, server.start, flush)


@pytest.fixture(params=["F-04-sqlite", "F-04-redis"])
def outage(request: pytest.FixtureRequest, make_idp: MakeIdp, slapd: RunningSlapd) -> Outage:
    if request.param == "F-04-sqlite":
        return of_sqlite(make_idp(slapd))
    server: RedisServer = request.getfixturevalue("redis_server")
    instead = ('path = "state/store.sqlite"', f'redis = "{server.url}"')
    return of_redis(make_idp(slapd, replace=(instead,)), server)


def is_down(page: Page) -> bool:
    return page.status == 503 and is_refusal(page, Code.STORE_DOWN) and "Retry-After" in page.response.headers


def test_without_the_store_nobody_gets_in_and_afterwards_everybody_does(outage: Outage) -> None:
    idp = outage.idp
    known = idp.browser(CAMPUS)
    assert is_success(prove_password(known))
    asked = idp.browser(CAMPUS)
    password = asked.visit(SP)
    outside, code = at_code(idp)
    outage.take_away()

    assert is_down(known.visit(OTHER_SP))
    assert is_down(idp.browser(CAMPUS).visit(SP))
    assert is_down(asked.submit(password, j_username="alice", j_password=password_of("alice")))
    assert is_down(outside.submit(code, tokencode=idp.code()))
    assert is_down(outside.get("/idp/health"))
    assert outside.get("/idp/shibboleth").status == 200

    outage.bring_back()
    assert idp.browser(CAMPUS).get("/idp/health").status == 200
    assert is_success(prove_password(idp.browser(CAMPUS)))


def test_logins_begun_before_a_flush_begin_again_and_no_code_serves_twice(outage: Outage) -> None:
    idp = outage.idp
    browser, page = at_code(idp)
    used = idp.code()
    assert is_success(browser.submit(page, tokencode=used))
    waiting, asked = at_code(idp)
    outage.flush()

    lost = waiting.submit(asked, tokencode=used)
    assert (lost.status, lost.code, lost.saml_response) == (410, "S101", None)
    assert browser.visit(OTHER_SP).name == "password"
    again, page = at_code(idp)
    assert is_refusal(again.submit(page, tokencode=used), Code.WRONG_CODE)


def test_a_request_that_was_answered_is_not_answered_without_its_record(outage: Outage) -> None:
    """A flush forgets replay records: the request itself may come again, what was proved does not."""
    idp = outage.idp
    browser = idp.browser(CAMPUS)
    page = browser.visit(SP, id="_once")
    answer = browser.submit(page, j_username="alice", j_password=password_of("alice"))
    assert is_success(answer)
    assert is_refusal(browser.visit(SP, id="_once"), Code.REQUEST_REPLAYED)

    outage.flush()
    assert browser.visit(SP, id="_once").name == "password"


def test_f04_a_store_that_is_garbage_lets_nobody_in(make_idp: MakeIdp, slapd: RunningSlapd) -> None:
    idp = make_idp(slapd)
    browser: Browser = idp.browser(CAMPUS)
    page = browser.visit(SP)
    store = idp.conf / "state" / "store.sqlite"
    for file in store.parent.glob("store.sqlite*"):
        file.unlink()
    store.write_bytes(b"this is no database" * 1000)

    assert is_down(browser.submit(page, j_username="alice", j_password=password_of("alice")))
