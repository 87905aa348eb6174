"""`idp.toml` from the disk: everything that is wrong is said at once, with file, line, key and remedy."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from idp.core.errors import ConfigError, Problem
from idp.settings.base import Settings
from idp.settings.consistency import find_contradictions
from idp.settings.keys import FORBIDDEN, find_forbidden, suggest_key
from idp.settings.lines import Where, find_lines, line_of
from idp.settings.model import IdPSettings

FILE_NAME = "idp.toml"

S = TypeVar("S", bound=Settings)


def find_file(conf: Path) -> Path:
    """Give the configuration file that `conf` names: the file itself, or `idp.toml` in the folder."""
    return conf.absolute() / FILE_NAME if conf.is_dir() else conf.absolute()


def load_settings(conf: Path) -> IdPSettings:
    """Read a configuration; `conf` is the file or its folder, relative paths in it are relative to that folder.

    Raises ConfigError with all problems that can be seen without leaving the file.
    """
    file = find_file(conf)
    text = _read(file)
    settings = _validate(IdPSettings, _parse(file, text), file, text)
    contradictions = find_contradictions(settings, str(file))
    if contradictions:
        raise ConfigError(contradictions)
    return settings


def load_plugin_settings(model: type[S], table: Mapping[str, Any], conf: Path, name: str) -> S:
    """Check the table `[plugins.<name>]` against the plug-in's own model; paths as in the rest of the file.

    Raises ConfigError.
    """
    file = find_file(conf)
    return _validate(model, dict(table), file, _read(file), ("plugins", name))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            [Problem(str(file), "", "there is no such file", "Give its folder with --conf, or write one: warifu init")]
        ) from None
    except (OSError, UnicodeError) as error:
        raise ConfigError([Problem(str(file), "", f"it cannot be read ({error})", "Make it readable, UTF-8")]) from None


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Problem(str(file), "", f"it is not TOML: {error}", "Mend that line")]) from None


def _validate(model: type[S], table: dict[str, Any], file: Path, text: str, above: Where = ()) -> S:
    lines = find_lines(text)
    forbidden = find_forbidden(table)
    problems = [_forbidden_problem(where, file, lines, above) for where in forbidden]
    settings: S | None = None
    try:
        settings = model.model_validate(table)
    except ValidationError as error:
        details = [item for item in error.errors() if item["loc"] not in forbidden]
        problems += [_problem(model, item, file, lines, above) for item in details]
    if problems or settings is None:
        raise ConfigError(problems)
    return _rebase(settings, file.parent)


def _forbidden_problem(where: Where, file: Path, lines: dict[Where, int], above: Where) -> Problem:
    return Problem(
        _place(file, line_of(lines, above + where)),
        _dotted(above + where),
        f"this option of pysaml2 is never used: {FORBIDDEN[str(where[-1])]}",
        "Remove it; there is no switch for it",
    )


def _problem(model: type[Settings], error: ErrorDetails, file: Path, lines: dict[Where, int], above: Where) -> Problem:
    where = error["loc"]
    explained = "the plug-in's own page explains its keys" if above else "conf/idp.toml explains every key"
    place = _place(file, line_of(lines, above + where))
    key = _dotted(above + where)
    if error["type"] == "extra_forbidden":
        near = suggest_key(model, where)
        return Problem(place, key, "there is no such key", f"Did you mean {near!r}?" if near else "Remove it")
    if error["type"] == "missing":
        return Problem(place, key, "it is missing", f"Add it; {explained}")
    given = error.get("input")
    shown = f", not {given!r}" if isinstance(given, str | int | float | bool) and len(str(given)) < 80 else ""
    return Problem(place, key, error["msg"].removeprefix("Value error, ") + shown, explained)


def _place(file: Path, line: int | None) -> str:
    return f"{file}:{line}" if line else str(file)


def _dotted(where: Where) -> str:
    text = ""
    for step in where:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def _rebase(model: S, folder: Path) -> S:
    changed = {name: _rebased(value, folder) for name, value in model}
    return model.model_copy(update=changed)


def _rebased(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _rebased(item, folder) for name, item in value})
    if isinstance(value, tuple):
        return tuple(_rebased(item, folder) for item in value)
    if isinstance(value, dict):
        return {name: _rebased(item, folder) for name, item in value.items()}
    return value
