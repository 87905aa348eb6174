import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from idp.store import RedisStore, SQLiteStore, Store
from tests.store.servers import RedisServer, TurnableClock


@pytest.fixture
def clock() -> TurnableClock:
    return TurnableClock()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, clock: TurnableClock, tmp_path: Path) -> Store:
    if request.param == "sqlite":
        return SQLiteStore(tmp_path / "state" / "moments.sqlite", clock)
    server: RedisServer = request.getfixturevalue("redis_server")
    with redis.Redis(unix_socket_path=str(server.socket)) as client:
        client.flushall()
    return RedisStore(server.url, None, clock)
