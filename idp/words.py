"""Texts in each language, one TOML file a language, and which language a person reads."""

import re
import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from idp.core.errors import ConfigError, Problem

LONGEST_HEADER = 1024
MOST_RANGES = 32
LANGUAGE_RANGE = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*[qQ]\s*=\s*([01](?:\.[0-9]{0,3})?))?")
"""RFC 9110 12.5.4 and 12.4.2."""
PLACEHOLDER = re.compile(r"[a-z][a-z0-9_]*")


class Words:
    """Texts by language and dotted key; every language has the same keys with the same `{names}`."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        self._texts = texts

    @classmethod
    def load(cls, folders: Sequence[Path], languages: Sequence[str]) -> "Words":
        """Read `<language>.toml` of every folder and, where there are any, of the folders in it.

        Raises ConfigError with everything that does not fit together.
        """
        problems: list[Problem] = []
        texts: dict[str, dict[str, str]] = {language: {} for language in languages}
        for folder in folders:
            for part in (folder, *sorted(each for each in folder.glob("*/") if each.is_dir())):
                for language in languages:
                    _read(part / f"{language}.toml", texts[language], problems)
        problems.extend(_differences(texts))
        if problems:
            raise ConfigError(problems)
        return cls(texts)

    @property
    def keys(self) -> frozenset[str]:
        """Give the keys, which are the same in every language."""
        return frozenset(next(iter(self._texts.values()), {}))

    def text(self, language: str, key: str, **values: object) -> str:
        """Give a text with its `{names}` filled in; KeyError for an unknown language, key, or a name without value."""
        template = self._texts[language][key]
        return template.format_map(values) if "{" in template or "}" in template else template


@lru_cache(maxsize=1024)
def choose_language(accept_language: str, cookie: str, query: str, available: tuple[str, ...]) -> str:
    """Give the language asked for by `query`, else by `cookie`, else by Accept-Language, else the site's first.

    A header's ranges are looked up as RFC 4647 3.4 has it, by quality and then in their order; what is not well formed,
    and all beyond LONGEST_HEADER characters, is passed over.
    """
    for asked in (query, cookie):
        if asked in available:
            return asked
    ranges = sorted(_ranges(accept_language), key=lambda item: -item[1])
    unwanted = {language for text, quality in ranges if quality == 0 and (language := _lookup(text, available))}
    for text, quality in ranges:
        if quality == 0:
            continue
        found = next((item for item in available if item not in unwanted), None) if text == "*" else None
        found = found or _lookup(text, available)
        if found is not None:
            return found
    return available[0]


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for item in header[:LONGEST_HEADER].split(",")[:MOST_RANGES]:
        match = LANGUAGE_RANGE.fullmatch(item.strip())
        if match is not None and (quality := float(match[2] or "1")) <= 1:
            yield match[1], quality


def _lookup(language_range: str, available: Sequence[str]) -> str | None:
    parts = language_range.lower().split("-")
    for length in range(len(parts), 0, -1):
        wanted = "-".join(parts[:length])
        found = next((item for item in available if item.lower() == wanted), None)
        if found is not None:
            return found
    return None


def _read(file: Path, texts: dict[str, str], problems: list[Problem]) -> None:
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(Problem(str(file), "", f"cannot be read: {error}", "Every language of the site needs it."))
        return
    for key, text in _flat(tables):
        what = _fault(key, text, texts)
        if what:
            problems.append(Problem(str(file), key, what, "Correct the text."))
        else:
            texts[key] = str(text)


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _fault(key: str, text: object, texts: Mapping[str, str]) -> str:
    if not isinstance(text, str) or not text.strip():
        return "is not a text"
    if key in texts:
        return "stands in another folder too"
    try:
        names = list(string.Formatter().parse(text))
    except ValueError as error:
        return f"has braces that do not fit: {error}"
    plain = all(
        name is None or (PLACEHOLDER.fullmatch(name) and not form and not turn) for _, name, form, turn in names
    )
    return "" if plain else "may hold nothing but {names} in braces"


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def _differences(texts: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    every_key = dict.fromkeys(key for language in texts.values() for key in language)
    for key in every_key:
        missing = [language for language, known in texts.items() if key not in known]
        if missing:
            yield Problem(f"words/{missing[0]}.toml", key, f"is missing in {', '.join(missing)}", "Write the text.")
        elif len({_placeholders(known[key]) for known in texts.values()}) > 1:
            yield Problem(
                f"words/{[*texts][-1]}.toml", key, "has other {names} than in another language", "Make them equal."
            )
