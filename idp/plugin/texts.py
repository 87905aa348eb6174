"""A plug-in's own texts where they are not for a page: what is printed or put into a file."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def texts_of(package: str, language: str) -> Mapping[str, Any]:
    """Give `words/<language>.toml` of a plug-in's package; FileNotFoundError for a language it does not have."""
    return tomllib.loads(files(package).joinpath("words", f"{language}.toml").read_text(encoding="utf-8"))
