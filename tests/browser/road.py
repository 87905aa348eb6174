"""A way to a server from another address of this machine: the site sees the person come from there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def road(port: int, address: str) -> Iterator[int]:
    """Give a port of 127.0.0.1 whose connections arrive at `port` as from `address`."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=_accept, args=(listener, port, address), daemon=True).start()
        yield int(listener.getsockname()[1])
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, port: int, address: str) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", port), source_address=(address, 0))
            except OSError:
                client.close()
                continue
            threading.Thread(target=_carry, args=(client, server), daemon=True).start()
            threading.Thread(target=_carry, args=(server, client), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
