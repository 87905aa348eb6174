"""A TCP shim before a server: passes on, refuses, hangs, drips or answers for it, and keeps every byte it saw."""

import socket
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from threading import Event, Lock, Thread
from time import sleep

from tests.parts.slapd import free_port

Answer = Callable[[bytes], bytes]
"""What a false server says to a message; no bytes end the connection."""


class Mode(Enum):
    """How the shim behaves towards new bytes."""

    PASS = "pass"
    HANG = "hang"
    DRIP = "drip"
    CLOSE = "close"
    ANSWER = "answer"


class Shim:
    """Listens on 127.0.0.1 until `close`; `sent` is what clients sent, `connections` how many came."""

    def __init__(self, target: tuple[str, int] | None = None, mode: Mode = Mode.PASS, answer: Answer | None = None):
        self.mode = mode
        self.sent = b""
        self.connections = 0
        self._target = target
        self._answer = answer
        self._lock = Lock()
        self._closed = Event()
        self._open: list[socket.socket] = []
        self.port = free_port()
        self._listener = self._listen()

    @property
    def uri(self) -> str:
        """Its LDAP address."""
        return f"ldap://127.0.0.1:{self.port}"

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def refuse(self) -> None:
        """Stop listening and reset what is open, as a killed server does."""
        self._shut(self._listener)
        self._end_all()

    def listen_again(self) -> None:
        """Come back on the same port."""
        self._listener = self._listen()

    def close(self) -> None:
        """End everything."""
        self._closed.set()
        self.refuse()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.append(client)
            Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        upstream = socket.create_connection(self._target) if self._target else None
        if upstream is not None:
            with self._lock:
                self._open.append(upstream)
            Thread(target=self._back, args=(upstream, client), daemon=True).start()
        try:
            while data := client.recv(65536):
                with self._lock:
                    self.sent += data
                if self.mode is Mode.CLOSE:
                    break
                if self.mode is Mode.ANSWER and self._answer is not None:
                    reply = self._answer(data)
                    if not reply:
                        break
                    client.sendall(reply)
                elif upstream is not None and self.mode is not Mode.HANG:
                    upstream.sendall(data)
        except OSError:
            pass
        self._shut(client)
        if upstream is not None:
            self._shut(upstream)

    def _back(self, upstream: socket.socket, client: socket.socket) -> None:
        try:
            while data := upstream.recv(65536):
                if self.mode is not Mode.DRIP:
                    client.sendall(data)
                    continue
                for index in range(len(data)):
                    client.sendall(data[index : index + 1])
                    if self._closed.wait(0.2):
                        return
        except OSError:
            pass
        self._shut(client)

    def _end_all(self) -> None:
        with self._lock:
            ended, self._open = self._open, []
        for item in ended:
            self._shut(item)

    @staticmethod
    def _shut(item: socket.socket) -> None:
        with suppress(OSError):
            item.shutdown(socket.SHUT_RDWR)
        item.close()


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Poll until something is so; fails when it never is."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        sleep(0.01)
    raise AssertionError("it never came to be")
