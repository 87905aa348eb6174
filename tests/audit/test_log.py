"""Writing the stream: by several processes, over rotation, and when it cannot be written (security.md F-07)."""

import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from idp.audit import AuditEvent, AuditLog
from idp.audit.file import AppendedFile
from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.settings.model import Audit
from tests.audit.conftest import NOW

FULL = Path("/dev/full")


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def make(settings: Audit) -> AuditLog:
    return AuditLog(settings, lambda: NOW)


def test_an_event_is_one_line_in_each_log(settings: Audit, login: AuditEvent, refusal: AuditEvent) -> None:
    log = make(settings)
    log.record(login)
    log.record(refusal)

    assert len(lines(settings.log)) == 2
    assert [json.loads(line)["decision"] for line in lines(settings.json_log)] == ["accepted", "refused"]


def test_the_json_log_may_be_left_out(settings: Audit, login: AuditEvent) -> None:
    make(settings.model_copy(update={"json_log": None})).record(login)

    assert len(lines(settings.log)) == 1
    assert not settings.json_log.exists()


def test_others_cannot_read_the_logs(settings: Audit, login: AuditEvent) -> None:
    before = os.umask(0)
    try:
        make(settings).record(login)
    finally:
        os.umask(before)

    assert {path.stat().st_mode & 0o777 for path in (settings.log, settings.json_log)} == {0o640}


def test_lines_of_several_processes_and_threads_never_mix(settings: Audit, login: AuditEvent) -> None:
    log = make(settings)
    log.record(login)

    def write(who: str) -> None:
        for _ in range(50):
            log.record(replace(login, username=who * 500))

    children = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            try:
                threads = [threading.Thread(target=write, args=(f"{number}{letter}",)) for letter in "ab"]
                [thread.start() for thread in threads]
                [thread.join() for thread in threads]
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]

    written = lines(settings.log)
    assert len(written) == len(lines(settings.json_log)) == 301
    assert {line.count("|") for line in written} == {20}
    assert all(len(set(line.split("|")[3][::2])) == 1 for line in written[1:])


def test_a_rotated_log_is_followed(settings: Audit, login: AuditEvent, tmp_path: Path) -> None:
    log = make(settings)
    log.record(login)
    settings.log.rename(tmp_path / "audit.log.1")
    log.record(login)
    settings.log.rename(tmp_path / "audit.log.2")
    settings.log.touch()
    log.record(login)

    assert [len(lines(tmp_path / name)) for name in ("audit.log.1", "audit.log.2", "audit.log")] == [1, 1, 1]


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"log": FULL}, id="F-07-line-full"),
        pytest.param({"json_log": FULL}, id="F-07-json-full"),
        pytest.param({"log": Path("/nowhere/audit.log")}, id="F-07-no-folder"),
    ],
)
def test_what_cannot_be_written_down_is_refused(settings: Audit, login: AuditEvent, where: dict[str, Path]) -> None:
    log = make(settings.model_copy(update=where))

    with pytest.raises(DependencyError) as caught:
        log.record(login)

    assert caught.value.code is Code.AUDIT_DOWN
    log.record_if_possible(login)


def test_f07_where_it_need_not_be_the_line_goes_to_standard_error(
    settings: Audit, login: AuditEvent, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    make(settings.model_copy(update={"log": FULL, "required": False})).record(login)

    assert "|alice|" in capsys.readouterr().err
    assert "audit_not_written" in caplog.text
    assert len(lines(settings.json_log)) == 1, "the other log is still written"


def test_f07_writing_goes_on_once_there_is_room_again(settings: Audit, login: AuditEvent, tmp_path: Path) -> None:
    away = tmp_path / "away" / "audit.log"
    log = make(settings.model_copy(update={"log": away}))
    with pytest.raises(DependencyError):
        log.record(login)
    away.parent.mkdir()

    log.record(login)

    assert len(lines(away)) == 1


def test_f07_after_a_line_cut_short_the_next_stands_on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up takes a part of a line; what follows must not join it."""
    file = AppendedFile(tmp_path / "audit.log")
    really_write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: really_write(descriptor, data[:4]))
        with pytest.raises(OSError, match="only 4 of"):
            file.append(b"a whole line\n")

    file.append(b"the next\n")

    assert lines(tmp_path / "audit.log") == ["a wh", "the next"]


def test_a_closed_log_opens_again_at_the_next_event(settings: Audit, login: AuditEvent) -> None:
    log = make(settings)
    log.record(login)
    log.close()
    log.record(login)

    assert len(lines(settings.log)) == 2
