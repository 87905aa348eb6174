"""One row of the table: a line broken, and the test that must notice."""

from dataclasses import dataclass
from pathlib import Path


class OutOfDateError(Exception):
    """A row does not fit the code any more."""


@dataclass(frozen=True, slots=True)
class Sabotage:
    """`old`, which stands once in `file`, becomes `new`; then `test` (a pytest node id) must fail.

    `name` says what the product has lost; `also` is a second such pair, for what is done and undone in one file.
    """

    name: str
    file: str
    old: str
    new: str
    test: str
    also: tuple[str, str] | None = None

    @property
    def test_file(self) -> str:
        """The file that the test stands in."""
        return self.test.partition("::")[0]

    @property
    def test_function(self) -> str:
        """The test's function, without its parameters."""
        return self.test.partition("::")[2].partition("[")[0]

    def broken(self, root: Path) -> str:
        """Give the text of the file with its line broken. Raises OutOfDateError."""
        text = (root / self.file).read_text(encoding="utf-8")
        for old, new in ((self.old, self.new), *([self.also] if self.also else ())):
            found = text.count(old)
            if found != 1:
                raise OutOfDateError(f"{self.file} holds {found} times: {old}")
            text = text.replace(old, new)
        return text
