"""A real Redis of the test's own, and clocks that can be turned."""

import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


class TurnableClock:
    """A clock that stands still until it is turned; it may be turned back."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, by: timedelta) -> None:
        self.now += by


class RedisServer:
    """redis-server on a socket in `folder`; nothing is written to disk."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._folder = folder
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir"]
        command += [str(self._folder), "--maxmemory-policy", "noeviction", *self._arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError("redis-server does not start")
            threading.Event().wait(0.01)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.socket)) as client:
                return bool(client.ping())
        except redis.AuthenticationError:
            return True
        except redis.RedisError:
            return False
