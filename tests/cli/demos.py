"""A running demo, started by the command as a user starts it, and a client that knows only the contract.

What is said here of the demo is docs/driving-a-demo.md and nothing else.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.cli.pages import Page

CLI = Path(sys.executable).with_name("warifu")
ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
PORTS = 6
PROCESSES = 6 + (os.cpu_count() or 1)
"""slapd, mail sink, refresher, the server and its workers, the confirmation service provider and its worker."""
LANGUAGE = {"Accept-Language": "en"}


@dataclass
class Demo:
    """A demo in `folder`; the ports are the base port and the five after it."""

    folder: Path
    base_port: int
    process: subprocess.Popen[bytes]

    @property
    def facts(self) -> dict[str, object]:
        """What demo.json says."""
        return json.loads((self.folder / "demo.json").read_bytes())

    @property
    def accounts(self) -> dict[str, dict[str, object]]:
        """What accounts.json says, by user name."""
        return {item["username"]: item for item in json.loads((self.folder / "accounts.json").read_bytes())}

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self.base_port}"

    @property
    def ca(self) -> str:
        return str(self.facts["ca"])

    @property
    def log(self) -> str:
        """What it printed."""
        return (self.folder.parent / f"{self.folder.name}.log").read_text()

    def health(self) -> int:
        """Ask once; 0 for no answer."""
        with suppress(OSError, requests.RequestException), session(self.ca) as browser:
            return browser.get(f"{self.base_url}/idp/health", timeout=5).status_code
        return 0

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in (*descendants(self.process.pid), self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            raise


def start(folder: Path, base_port: int, *arguments: str) -> Demo:
    """Start a demo and wait until it is healthy."""
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        command = [str(CLI), "demo", "--folder", str(folder), "--base-port", str(base_port), *arguments]
        process = subprocess.Popen(command, cwd=folder.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    demo = Demo(folder, base_port, process)
    try:
        await_that(lambda: (folder / "demo.json").exists() and demo.health() == 200, process)
    except BaseException as error:
        demo.stop()
        raise RuntimeError(demo.log[-4000:]) from error
    return demo


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Demo]:
    """Run a demo for the length of a block."""
    demo = start(folder, free_base_port(), *arguments)
    try:
        yield demo
    finally:
        demo.stop()


def await_that(holds: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Ask until it holds; raises TimeoutError after PATIENCE_SECONDS, or when the process has ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            raise TimeoutError
        time.sleep(0.05)


def free_base_port() -> int:
    """Give a port that is free together with the five after it, below those that the system gives to clients."""
    while True:
        base = random.randrange(10_000, 32_000)
        with suppress(OSError):
            for port in range(base, base + PORTS):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base


def descendants(pid: int) -> set[int]:
    """Give the processes that a process has started, and those they have."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                found |= {child, *descendants(child)}
    return found


def whole_demo(pid: int, before: int = 0) -> set[int]:
    """Give all processes of a demo once they are there: the last worker may be forked when it is healthy already.

    `before` are those between `pid` and what the demo starts.
    """
    await_that(lambda: len(descendants(pid)) >= before + PROCESSES)
    return descendants(pid)


def is_running(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def session(ca: str, address: str = "127.0.0.1") -> requests.Session:
    """Give a client without cookies that comes from an address of this machine; it sends no Referer and no Origin."""
    browser = requests.Session()
    browser.trust_env = False
    browser.verify = ca
    browser.headers.update(LANGUAGE)
    browser.mount("https://", _From(address))
    browser.mount("http://", _From(address))
    return browser


class _From(requests.adapters.HTTPAdapter):
    """`curl --interface`."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: object, **options: object) -> None:
        super().init_poolmanager(*arguments, source_address=(self._address, 0), **options)  # type: ignore[arg-type]


@dataclass
class Browser:
    """A person's browser: cookies of its own, pages as the contract names them."""

    demo: Demo
    address: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session = session(self.demo.ca, self.address)
        self.session.headers.update(self.headers)

    def get(self, url: str) -> Page:
        return Page.of(self.session.get(url, timeout=30))

    def submit(self, page: Page, event: str | None = "proceed", **given: str) -> Page:
        """Send a page's form: its hidden fields, what a person adds, the button pressed."""
        pressed = {f"_eventId_{event}": ""} if event else {}
        return Page.of(self.session.post(page.action, data={**page.hidden, **given, **pressed}, timeout=30))

    def log_in(self, page: Page, username: str) -> Page:
        """Give the user name and the password."""
        return self.submit(page, j_username=username, j_password=str(self.demo.accounts[username]["password"]))


class ProxiedBrowser:
    """The same over the plain listener, as a proxy would send it on: the Secure cookies are returned by hand."""

    def __init__(self, demo: Demo, forwarded_for: str | None, host: str = "") -> None:
        self._demo = demo
        self._session = session(demo.ca)
        self._cookies: dict[str, str] = {}
        self._session.headers["Host"] = host or f"localhost:{demo.base_port}"
        if forwarded_for is not None:
            self._session.headers["X-Forwarded-For"] = forwarded_for

    def get(self, url: str) -> Page:
        return self._send("GET", url)

    def submit(self, page: Page, event: str = "proceed", **given: str) -> Page:
        return self._send("POST", page.action, {**page.hidden, **given, f"_eventId_{event}": ""})

    def log_in(self, page: Page, username: str) -> Page:
        return self.submit(page, j_username=username, j_password=str(self._demo.accounts[username]["password"]))

    def _send(self, method: str, url: str, data: dict[str, str] | None = None) -> Page:
        path = url.removeprefix(self._demo.base_url)
        answer = self._session.request(
            method,
            f"{self._demo.facts['proxy_url']}{path}",
            data=data,
            headers={"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())},
            allow_redirects=False,
            timeout=30,
        )
        self._cookies.update({cookie.name: cookie.value or "" for cookie in answer.cookies})
        if answer.is_redirect:
            return self._send("GET", answer.headers["Location"])
        return Page.of(answer, base=f"{self._demo.base_url}{path}")
