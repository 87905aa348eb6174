"""An SMTP server that keeps every mail as a file and sends none on; for the demo.

`python -m idp.cli.mail_sink ADDRESS FOLDER`, a program of its own, so that it need not load what it has no use for.
"""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from idp.settings.consistency import split_address


class Sink:
    """Lays each mail into a folder as `<number>.eml`, written beside and renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(len(list(folder.glob("*.eml"))) + 1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        target = self._folder / f"{next(self._numbers):06d}.eml"
        draft = target.with_suffix(".part")
        draft.write_bytes(content)
        os.replace(draft, target)  # noqa: PTH105 - one word for an atomic change
        return "250 kept"


def serve_mail_sink(address: str, folder: Path) -> None:
    """Serve until SIGTERM."""
    asyncio.run(_serve(*split_address(address), Sink(folder)))


async def _serve(host: str, port: int, sink: Sink) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: SMTP(sink, loop=loop), host, port)
    async with server:
        await stop.wait()


if __name__ == "__main__":
    serve_mail_sink(sys.argv[1], Path(sys.argv[2]))
