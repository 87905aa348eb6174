"""A site served by real workers from a configuration folder, and what its processes cost, from /proc.

`make_conf` of tests/parts/site.py writes the folder; `Served` serves it on a plain listener of its own, as behind a
proxy on this machine: Host is the site's, X-Forwarded-For says who comes, cookies are returned by hand.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from idp.app import load
from idp.federation.refresh import refresh
from idp.plugin import Binding
from idp.settings.load import load_settings
from plugins.totp.credential import TOTP
from tests.parts.driver import Account
from tests.parts.service_provider import TestSP
from tests.parts.site import BASE_URL, make_conf
from tests.parts.slapd import RunningSlapd, free_port

HOST = BASE_URL.removeprefix("https://")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Served:
    """A running site; `port` is its plain listener, `others` more processes whose work counts as the site's (slapd)."""

    conf: Path
    port: int
    process: subprocess.Popen[bytes]
    others: tuple[int, ...] = ()
    temporary: Path = field(default=Path("/nowhere"))

    @property
    def certificate_pem(self) -> bytes:
        """The certificate that service providers trust."""
        return (self.conf / "keys" / "signing.crt").read_bytes()

    @property
    def store_file(self) -> Path:
        """The file of short-lived state."""
        return self.conf / "state" / "store.sqlite"

    def accepted(self, username: str = "") -> list[dict[str, object]]:
        """Give the audit events of assertions that were issued, to one person or to all."""
        lines = (self.conf / "log" / "audit.json").read_text().splitlines()
        events = [json.loads(line) for line in lines]
        return [
            each for each in events if each["decision"] == "accepted" and username in {"", each.get("username", "")}
        ]

    @property
    def workers(self) -> tuple[int, ...]:
        """The worker processes, as they are now."""
        return children_of(self.process.pid)

    @property
    def pids(self) -> tuple[int, ...]:
        """The main process and the workers."""
        return (self.process.pid, *self.workers)

    def cpu_seconds(self) -> float:
        """Give user and system time of all processes, those that have ended and slapd included."""
        return sum(map(cpu_seconds_of, (*self.pids, *self.others)))

    def memory_bytes(self) -> int:
        """Give the memory of the site's own processes, shared pages counted once (PSS)."""
        return sum(map(pss_of, self.pids))

    def stop(self) -> int:
        """End it in order; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                for pid in self.pids:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        return self.process.wait()


@contextmanager
def serving(
    folder: Path,
    slapd: RunningSlapd,
    *sps: TestSP,
    workers: int = 2,
    threads: int = 4,
    apps: Sequence[Account] = (),
    conf: Path | None = None,
    python: str = sys.executable,
    **options: object,
) -> Iterator[Served]:
    """Serve a new site under `folder`, or the one in `conf`, until the block ends.

    `sps` are registered; `apps` are the accounts for which an app is registered first; `python` is that of another
    environment, where more is installed than here.
    """
    port = free_port()
    if conf is None:
        listen = f'plain = "127.0.0.1:{port}"\nproxies = ["127.0.0.1/32"]\nworkers = {workers}\nthreads = {threads}'
        conf = make_conf(folder / "conf", slapd, listen_toml=listen, **options)  # type: ignore[arg-type]
    register(conf, *sps)
    enrol(conf, apps)
    site = start(conf, folder, others=(slapd.server.pid,) if slapd.server.pid else (), python=python)
    try:
        yield site
    finally:
        code = site.stop()
    if code != 0:
        raise RuntimeError(f"the server ended with {code}: {(folder / 'server.log').read_text()[-4000:]}")


def register(conf: Path, *sps: TestSP, **options: object) -> None:
    """Drop metadata into the folder and have it read, as the refresher does."""
    for sp in sps:
        (conf / "metadata" / f"{sp.name}.xml").write_bytes(sp.metadata(**options))  # type: ignore[arg-type]
    refresh(load_settings(conf).metadata, datetime.now(UTC))


def enrol(conf: Path, accounts: Sequence[Account]) -> None:
    """Register an app for each account with a seed, as registration on campus would."""
    if not accounts:
        return
    site = load(conf)
    tools = site.tools("totp")
    for account in accounts:
        subject = tools.people.find(account.username)
        if subject is None or account.seed is None:
            raise ValueError(account.username)
        values = {"last_step": b"0", "failures": b"0", "bound_at": tools.now.strftime("%Y%m%d%H%M%SZ").encode()}
        tools.credentials.add(subject, TOTP, values, {"secret": account.seed}, {"binding": Binding.CAMPUS_FIRST})
    site.close()


def start(conf: Path, folder: Path, others: tuple[int, ...] = (), python: str = sys.executable) -> Served:
    """Start the workers and wait until they answer; TMPDIR is a folder of theirs."""
    port = int((load_settings(conf).listen.plain or "").rpartition(":")[2])
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [python, "-m", "idp.cli", "--conf", str(conf), "run-http"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    site = Served(conf, port, process, others, temporary)
    try:
        _await_health(site, folder / "server.log")
    except BaseException:
        site.stop()
        raise
    return site


def children_of(pid: int) -> tuple[int, ...]:
    """Give the child processes of a process."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue  # the thread has ended
    return tuple(found)


def pss_of(pid: int) -> int:
    """Give the proportional set size of a process, bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"no Pss of {pid}")


def faults_of_ended_children(pid: int) -> int:
    """Give the page faults of all children that a process has waited for: 0 if it never had one (proc(5), cminflt)."""
    return int(_stat(pid)[8])


def cpu_seconds_of(pid: int) -> float:
    """Give user and system time of a process and of its children that have ended."""
    return sum(map(int, _stat(pid)[11:15])) / _TICKS


def is_stopped(pid: int) -> bool:
    """Say whether a process stands still, all threads of it (proc(5), state T)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(task.read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _await_health(site: Served, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_healthy(site.port):
        if site.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the site did not start: {log.read_text()[-4000:]}")
        time.sleep(0.02)


def is_healthy(port: int) -> bool:
    """Ask once whether a worker answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/idp/health", headers={"Host": HOST})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
