"""Starts the processes a site consists of, starts again what may be, and leaves nothing behind.

A child dies with the supervisor, however the supervisor ends (PR_SET_PDEATHSIG), so that `kill -9` leaves no orphan.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

STOP_SECONDS = 15.0
"""How long a child may take to end before it is killed."""

LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A child that ran so long is started again without a pause."""

_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Program:
    """A process to keep running; without an essential one the site is stopped.

    `ready` is asked until it says yes, for at most `ready_seconds`, before the next program is started.
    """

    name: str
    command: Sequence[str]
    essential: bool = True
    hang_up: bool = False
    environment: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause_seconds: float = 0.0
    start_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs programs in the order given and stops them in reverse order; `say` takes what an operator should read.

    `is_over` is asked every second; yes ends everything as SIGTERM does.
    """

    programs: Sequence[Program]
    say: Callable[[str], None] = field(default=lambda text: print(text, file=sys.stderr, flush=True))
    up: Callable[[], None] = field(default=lambda: None)
    is_over: Callable[[], bool] = field(default=lambda: False)
    _children: list[_Child] = field(default_factory=list)

    def run(self) -> int:
        """Run until SIGTERM or SIGINT (0) or until an essential program ends (1); `up` is called once all are ready."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)  # a shell's background command ignores SIGINT, blocked or not
        try:
            code = self._start_all()
            if code is None:
                self.up()
                code = self._watch()
            return code
        finally:
            self._stop_all()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _start_all(self) -> int | None:
        for program in self.programs:
            child = _Child(program)
            self._children.append(child)
            _start(child)
            code = self._await_ready(child)
            if code is not None:
                return code
        return None

    def _await_ready(self, child: _Child) -> int | None:
        deadline = time.monotonic() + child.program.ready_seconds
        while child.program.ready is not None and not child.program.ready():
            code = self._step(0.05)
            if code is not None:
                return code
            if time.monotonic() > deadline:
                self.say(f"{child.program.name} was not ready within {child.program.ready_seconds:.0f} s")
                return 1
        return None

    def _watch(self) -> int:
        while True:
            code = self._step(1.0)
            if code is not None:
                return code

    def _step(self, seconds: float) -> int | None:
        """Wait for one signal, then see to the children; gives the exit code when it is time to stop."""
        caught = signal.sigtimedwait(_SIGNALS, seconds)
        if caught is not None and caught.si_signo in (signal.SIGTERM, signal.SIGINT):
            return 0
        if self.is_over():
            return 0
        if caught is not None and caught.si_signo == signal.SIGHUP:
            self._pass_on_hang_up()
        for child in self._children:
            if child.process is None:
                if time.monotonic() >= child.start_at:
                    _start(child)
            elif (status := child.process.poll()) is not None:
                self.say(f"{child.program.name} ended ({_describe(status)})")
                if child.program.essential:
                    return 1
                _plan_restart(child)
        return None

    def _pass_on_hang_up(self) -> None:
        for child in self._children:
            if child.program.hang_up and child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGHUP)

    def _stop_all(self) -> None:
        for child in reversed(self._children):
            if child.process is not None:
                _stop(child.process)


def _start(child: _Child) -> None:
    parent = os.getpid()
    child.process = subprocess.Popen(
        list(child.program.command),
        stdin=subprocess.DEVNULL,
        env=None if child.program.environment is None else {**os.environ, **child.program.environment},
        start_new_session=True,  # a Ctrl-C of the terminal reaches us alone: we stop them in order
        preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509 - no thread runs in the supervisor
    )
    child.started = time.monotonic()


def _die_with(parent: int) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _plan_restart(child: _Child) -> None:
    steady = time.monotonic() - child.started > STEADY_SECONDS
    child.pause_seconds = (
        1.0 if steady or not child.pause_seconds else min(child.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
    )
    child.start_at = time.monotonic() + child.pause_seconds
    child.process = None


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _describe(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
