"""The log of the process: levels, form, and no secrets (security.md T-30)."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.audit import logger, process_logger
from idp.audit.process import LineHandler
from idp.core.codes import Code
from idp.core.secret import Secret
from idp.settings.model import Audit
from tests.audit.conftest import NOW

CANARY = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def former_logging() -> Iterator[None]:
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "idp", "plugins")}
    yield
    for handler in [handler for handler in root.handlers if isinstance(handler, LineHandler)]:
        root.removeHandler(handler)
        handler.close()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def written(settings: Audit) -> list[dict[str, object]]:
    return [json.loads(line) for line in settings.process_log.read_text("utf-8").splitlines()]


def test_an_event_is_a_line_of_json(settings: Audit) -> None:
    log = process_logger(settings, lambda: NOW)
    log.warning("refused", code=Code.UNKNOWN_SERVICE, detail="割符", path=Path("/idp"), tries=3, names=("a", "b"))

    assert written(settings) == [
        {
            "time": "2026-04-01T09:00:01.500Z",
            "event": "refused",
            "logger": "idp",
            "level": "warning",
            "code": "P106",
            "detail": "割符",
            "path": "/idp",
            "tries": 3,
            "names": ["a", "b"],
        }
    ]


@pytest.mark.parametrize(("level", "expected"), [("DEBUG", 4), ("INFO", 3), ("WARNING", 2), ("ERROR", 1)])
def test_ours_are_written_from_the_level_on(settings: Audit, level: str, expected: int) -> None:
    process_logger(settings.model_copy(update={"level": level}), lambda: NOW)
    log = logger("plugins.totp.method")
    for write in (log.debug, log.info, log.warning, log.error):
        write("said")

    assert len(written(settings)) == expected


def test_t30_libraries_never_tell_their_inside(settings: Audit) -> None:
    process_logger(settings.model_copy(update={"level": "DEBUG"}), lambda: NOW)
    library = logging.getLogger("saml2.entity")
    library.debug("SAMLResponse: %s", CANARY)
    library.info("%s", CANARY)
    library.error("cannot verify <samlp:Response>%s</samlp:Response>", CANARY)
    library.warning("bad message %s and otpauth://totp/x?secret=%s end", CANARY * 4, CANARY)

    assert [line["event"] for line in written(settings)] == [
        "cannot verify (redacted)",
        "bad message (redacted) and (redacted) end",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"anything": Secret(CANARY)}, id="T-30-secret"),
        pytest.param({"anything": [Secret(CANARY)]}, id="T-30-secret-in-list"),
        pytest.param({"form": {"j_username": "alice", "j_password": CANARY}}, id="T-30-form-password"),
        pytest.param({"form": {"tokencode": CANARY}}, id="T-30-form-tokencode"),
        pytest.param({"password": CANARY}, id="T-30-password"),
        pytest.param({"new_password": CANARY}, id="T-30-new-password"),
        pytest.param({"code": CANARY}, id="T-30-code"),
        pytest.param({"code": "123456"}, id="T-30-six-digits"),
        pytest.param({"totp_key": CANARY}, id="T-30-totp-key"),
        pytest.param({"seed": CANARY}, id="T-30-seed"),
        pytest.param({"client_secret": CANARY}, id="T-30-client-secret"),
        pytest.param({"SAMLResponse": CANARY}, id="T-30-saml-response"),
        pytest.param({"RelayState": CANARY}, id="T-30-relay-state"),
        pytest.param({"cookie": CANARY}, id="T-30-cookie"),
        pytest.param({"Authorization": CANARY}, id="T-30-authorization"),
        pytest.param({"anything": CANARY.encode()}, id="T-30-bytes"),
        pytest.param({"anything": object()}, id="T-30-object"),
        pytest.param({"a": {"b": {"c": {"d": {"e": {"password": CANARY}}}}}}, id="T-30-deep"),
    ],
)
def test_secrets_are_not_written(settings: Audit, fields: dict[str, object]) -> None:
    log = process_logger(settings, lambda: NOW)
    log.error("said", **fields)
    log.error("said", extra_fields=fields)

    text = settings.process_log.read_text()
    assert len(text.splitlines()) == 2
    assert CANARY not in text
    assert "123456" not in text
    assert "object at" not in text


def test_t30_a_traceback_has_no_local_values(settings: Audit) -> None:
    log = process_logger(settings, lambda: NOW)
    try:
        fail("JBSWY3" + "DPEHPK3PXP")
    except ValueError as error:
        log.exception("broken")
        log.error("broken", exc_info=error)

    text = settings.process_log.read_text()
    assert text.count("ValueError") == 2
    assert text.count(" fail") == 2
    assert "ValueError: no" not in text
    assert CANARY not in text


def fail(seed: str) -> None:
    hidden = seed * 2
    raise ValueError("no" if hidden else "yes")


def test_w15_no_value_forges_a_line(settings: Audit) -> None:
    log = process_logger(settings, lambda: NOW)
    log.error("said", detail='a\r\n{"level":"x"}\x1b[2J\u2028\x85\u202e\ud800')
    logging.getLogger("ldap3").error("a\nb\u2028c")

    text = settings.process_log.read_text("utf-8")
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text


def test_t30_a_record_that_cannot_be_written_shows_nothing_of_itself(
    settings: Audit, capsys: pytest.CaptureFixture[str]
) -> None:
    process_logger(settings, lambda: NOW)
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, LineHandler)]

    handler.handle(logging.LogRecord("library", logging.ERROR, __file__, 1, "%d", (CANARY,), None))

    assert [line["event"] for line in written(settings)] == ["log_line_failed"]
    assert CANARY not in capsys.readouterr().err


@pytest.mark.parametrize("place", [pytest.param(None, id="none"), pytest.param(Path("/dev/full"), id="F-07-full")])
def test_without_a_file_lines_go_to_standard_error(
    settings: Audit, capsys: pytest.CaptureFixture[str], place: Path | None
) -> None:
    process_logger(settings.model_copy(update={"process_log": place}), lambda: NOW).error("said")

    assert json.loads(capsys.readouterr().err)["event"] == "said"


def test_setting_up_again_takes_the_place_of_the_first(settings: Audit, tmp_path: Path) -> None:
    process_logger(settings, lambda: NOW)
    log = process_logger(settings.model_copy(update={"process_log": tmp_path / "second.log"}), lambda: NOW)
    log.error("said")

    assert not settings.process_log.exists()
    assert len((tmp_path / "second.log").read_text().splitlines()) == 1


def test_t30_before_it_is_set_up_secrets_are_taken_out_too(caplog: pytest.LogCaptureFixture) -> None:
    logger("idp.early").error("said", password=CANARY)

    assert CANARY not in caplog.text
