"""How a demo starts and ends: taken ports are named, everything ends with it, the second start keeps what was made."""

import os
import signal
import smtplib
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.demos import CLI, PATIENCE_SECONDS, Browser, await_that, free_base_port, is_running, start, whole_demo

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("offset", "name"), [(0, "identity provider"), (4, "directory"), (5, "mail sink")])
def test_a_taken_port_is_named(tmp_path: Path, offset: int, name: str) -> None:
    base = free_base_port()
    with socket.create_server(("127.0.0.1", base + offset)):
        done = subprocess.run(
            [str(CLI), "demo", "--folder", str(tmp_path / "demo")],
            env={**os.environ, "WARIFU_PORT_BASE": str(base)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    assert done.returncode == 1
    assert f"port {base + offset}, for the {name}, is taken" in done.stderr
    assert not (tmp_path / "demo").exists()


def test_health_means_that_everything_is_up_and_the_end_leaves_nothing(tmp_path: Path) -> None:
    base = free_base_port()
    demo = start(tmp_path / "demo", base)
    processes = whole_demo(demo.process.pid)
    accounts = demo.accounts
    try:
        browser = Browser(demo)
        begun = browser.get(browser.get(str(demo.facts["sp_url"])).link)
        assert begun.name == "password", "the confirmation service provider is registered"
        smtplib.SMTP("127.0.0.1", base + 5).close()
    finally:
        code = demo.stop(signal.SIGTERM)

    assert code == 0
    await_that(lambda: not any(map(is_running, processes)))

    again = start(tmp_path / "demo", base, "--network", "outside")
    try:
        processes = whole_demo(again.process.pid)
        assert again.accounts == accounts
        browser = Browser(again)
        page = browser.log_in(browser.get(browser.get(str(again.facts["sp_url"])).link), "taro")
        page = browser.submit(browser.submit(page, "totp"), tokencode=_code(again.folder))
        assert browser.submit(page, None).facts["network.value"] == "outside"
    finally:
        code = again.stop(signal.SIGINT)

    assert code == 0
    await_that(lambda: not any(map(is_running, processes)))


def test_a_killed_demo_leaves_no_orphan(tmp_path: Path) -> None:
    demo = start(tmp_path / "demo", free_base_port())
    processes = whole_demo(demo.process.pid)

    demo.process.kill()
    demo.process.wait()

    await_that(lambda: not any(map(is_running, processes)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_make_alone_is_asked_to_end(tmp_path: Path, number: signal.Signals) -> None:
    """A script knows the process of `make run` and no other; make passes SIGTERM on, and SIGINT to nobody."""
    folder = tmp_path / "demo"
    command = f"{CLI} demo --folder {folder} --base-port {free_base_port()}"
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {command}\n")
    make = subprocess.Popen(["make", "run"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert make.stdout is not None
    while b"Ctrl-C" not in make.stdout.readline():
        assert make.poll() is None
    processes = whole_demo(make.pid, before=1)

    make.send_signal(number)
    make.communicate(timeout=PATIENCE_SECONDS)

    await_that(lambda: not any(map(is_running, processes)))


def _code(folder: Path) -> str:
    command = [str(CLI), "demo-code", "taro", "--folder", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
