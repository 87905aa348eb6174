"""Packages that are laid into a folder as an installer would leave them, each odd in its own way."""

from dataclasses import dataclass, field
from pathlib import Path

METHOD = """
from idp.plugin import *

class Odd:
    def begin(self, visit, tools): return Ask("odd")
    def resume(self, visit, tools): return Refused(Code.METHOD_FAILED)

class OddSettings(Settings):
    number: int = 1

PLUGIN = Plugin("odd", __name__, frozenset({Factor.POSSESSION}), OddSettings, lambda settings: Odd(), None)
"""
PAGE = '{% extends "base.html" %}{% set page = "odd" %}{% block content %}{{ t("odd.title") }}{% endblock %}'
WORDS = '[odd]\nuse = "Use it"\ntitle = "Odd"\n'


@dataclass
class Package:
    """One distribution: its entry point, its module, its templates and words by file name."""

    method: str = METHOD
    name: str = "odd"
    target: str = "PLUGIN"
    distribution: str = "warifu-odd"
    module: str = "odd_method"
    templates: dict[str, str] = field(default_factory=lambda: {"odd.html": PAGE})
    words: dict[str, str] = field(default_factory=lambda: {"ja.toml": WORDS, "en.toml": WORDS})

    def lay(self, folder: Path) -> None:
        """Write it below `folder`, which is on the module path."""
        package = folder / self.module
        _write(package / "__init__.py", self.method)
        for name, text in self.templates.items():
            _write(package / "templates" / self.name / name, text)
        for name, text in self.words.items():
            _write(package / "words" / name, text)
        info = folder / f"{self.distribution.replace('-', '_')}-1.2.dist-info"
        _write(info / "METADATA", f"Metadata-Version: 2.1\nName: {self.distribution}\nVersion: 1.2\n")
        _write(info / "entry_points.txt", f"[idp.plugins]\n{self.name} = {self.module}:{self.target}\n")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
