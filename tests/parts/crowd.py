"""Many people at once: who logs in how often at how many clients, and what came of it."""

import base64
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from tests.parts.driver import CAMPUS, OUTSIDE, Account, Answer, Browser, Codes, UnexpectedAnswerError, Wire, prepare
from tests.parts.service_provider import TestSP, rsa_key

CHECK_ONE_IN = 20


@dataclass
class Tally:
    """What came of many logins: seconds each took, how many answers were read and compared, what went wrong."""

    seconds: list[float] = field(default_factory=list)
    checked: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.seconds += other.seconds
        self.checked += other.checked
        self.problems += other.problems

    def percentile(self, part: float) -> float:
        """Give the seconds within which that part of all was done."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


@dataclass(frozen=True)
class Crowd:
    """People, and how they come: `clients` at once in `processes` of the driver, each process with its own people.

    `work` is "sso" (each client logs in first, uncounted), "password" or "totp"; one answer in `check_one_in` is
    verified, decrypted and compared with the person who came; with `look_at_all` the others are decrypted and compared
    too.
    """

    port: int
    sp: TestSP
    certificate_pem: bytes
    accounts: Sequence[Account]
    work: str
    clients: int = 16
    processes: int = 2
    check_one_in: int = CHECK_ONE_IN
    look_at_all: bool = False
    codes: Codes = field(default_factory=Codes)


def drive(crowd: Crowd, rounds: int, around: Callable[[Callable[[], None]], None] = lambda run: run()) -> Tally:
    """Have `rounds` answers fetched; `around` is given the counted part, to measure it.

    Requests are written before that part and answers looked at after it, so that the driver takes little of the
    machine from the site.
    """
    context = multiprocessing.get_context("fork")
    pipes = []
    children = []
    for number in range(crowd.processes):
        ours, theirs = context.Pipe()
        child = context.Process(target=_drive_part, args=(crowd, number, rounds // crowd.processes, theirs))
        child.start()
        theirs.close()
        pipes.append(ours)
        children.append(child)
    total = Tally()

    def run() -> None:
        for pipe in pipes:
            pipe.send("go")
        for pipe in pipes:
            pipe.recv()  # fetched

    try:
        for pipe in pipes:
            pipe.recv()  # ready
        around(run)
        for pipe in pipes:
            tally, used = pipe.recv()
            total.add(tally)
            for username, step in used.items():  # each process knows only of its own people what is new
                crowd.codes.used[username] = max(step, crowd.codes.used.get(username, 0))
    finally:
        for child in children:
            child.join(30)
            if child.is_alive():
                child.kill()
    return total


def _drive_part(crowd: Crowd, number: int, rounds: int, pipe: Connection) -> None:
    part = _Part(crowd, crowd.accounts[number :: crowd.processes], rounds)
    threads = [threading.Thread(target=part.client, args=(index,)) for index in range(part.clients)]
    for thread in threads:
        thread.start()
    part.ready.wait()
    pipe.send("ready")
    pipe.recv()
    part.go.set()
    for thread in threads:
        thread.join()
    pipe.send("fetched")
    part.look()
    pipe.send((part.tally, crowd.codes.used))
    pipe.close()


@dataclass(frozen=True, slots=True)
class _Turn:
    """One login to be: who comes, with which AuthnRequest, and how the answer will be looked at."""

    account: Account
    prepared: tuple[str, str]
    is_checked: bool


class _Part:
    """One process of the driver: its people in turn, never one at two clients at once."""

    def __init__(self, crowd: Crowd, accounts: Sequence[Account], rounds: int) -> None:
        self.clients = crowd.clients // crowd.processes
        self.ready = threading.Barrier(self.clients + 1)
        self.go = threading.Event()
        self.tally = Tally()
        self._crowd = crowd
        self._first = accounts
        self._lock = threading.Lock()
        self._fetched: list[tuple[_Turn, Answer]] = []
        turns = [
            _Turn(accounts[number % len(accounts)], prepare(crowd.sp), number % crowd.check_one_in == 0)
            for number in range(rounds)
        ]
        self._turns = iter(turns)

    def client(self, index: int) -> None:
        """Be one client until all is done."""
        wire = Wire(self._crowd.port)
        browser, live = Browser(wire), self._first[index % len(self._first)]
        try:
            if self._crowd.work == "sso":
                browser.log_in(self._crowd.sp, live)
        except Exception as error:
            self.tally.problems.append(repr(error))
        self.ready.wait()
        self.go.wait()
        while (turn := self._next()) is not None:
            try:
                self._fetch(wire, browser, replace(turn, account=live) if self._crowd.work == "sso" else turn)
            except Exception as error:
                self.tally.problems.append(f"{turn.account.username}: {error!r}")
        wire.close()

    def look(self) -> None:
        """Compare the answers with who came."""
        for turn, answer in self._fetched:
            try:
                self._check(turn, answer)
            except Exception as error:
                self.tally.problems.append(f"{turn.account.username}: {error!r}")

    def _next(self) -> _Turn | None:
        with self._lock:
            return next(self._turns, None)

    def _fetch(self, wire: Wire, browser: Browser, turn: _Turn) -> None:
        crowd, account = self._crowd, None if self._crowd.work == "sso" else turn.account
        code = ""
        if account is not None:
            browser = Browser(wire, OUTSIDE if crowd.work == "totp" else CAMPUS)
        if account is not None and crowd.work == "totp":
            code = crowd.codes.next(account)
            if not code:
                raise UnexpectedAnswerError("no code is left for this person now")
        began = time.perf_counter()
        answer = browser.log_in(crowd.sp, account, code, turn.prepared)
        self.tally.seconds.append(time.perf_counter() - began)
        if turn.is_checked or crowd.look_at_all:
            self._fetched.append((turn, answer))

    def _check(self, turn: _Turn, answer: Answer) -> None:
        username = turn.account.username
        if not turn.is_checked:
            if identity_of(answer.xml, rsa_key(self._crowd.sp.name)) != (username,):
                raise UnexpectedAnswerError("an answer for somebody else")
            return
        judged = answer.judged(self._crowd.sp, self._crowd.certificate_pem)
        told = (judged.friendly["uid"], judged.friendly["eduPersonPrincipalName"])
        if told != ((username,), (f"{username}@example.ac.jp",)):
            raise UnexpectedAnswerError(f"an answer for {told}")
        self.tally.checked += 1


def identity_of(xml: bytes, key: rsa.RSAPrivateKey) -> tuple[str, ...]:
    """Give the uid that an answer's assertion tells, decrypted (RSA-OAEP, AES-GCM) and not verified: a quick look."""
    values = [
        base64.b64decode(item.text or "")
        for item in etree.fromstring(xml).iter("{http://www.w3.org/2001/04/xmlenc#}CipherValue")
    ]
    session_key = key.decrypt(values[0], padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))
    assertion = etree.fromstring(AESGCM(session_key).decrypt(values[1][:12], values[1][12:], None))
    found = assertion.findall(".//{*}Attribute[@FriendlyName='uid']/{*}AttributeValue")
    return tuple(item.text or "" for item in found)
