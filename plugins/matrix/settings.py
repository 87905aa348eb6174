"""Settings of the matrix code method, `[plugins.matrix]`."""

from idp.plugin import Field, Settings, model_validator
from plugins.matrix.grid import COLUMNS, LEAST_BITS, LOOK_ALIKES, Grid


class MatrixSettings(Settings):
    """What new cards look like, and how they are asked.

    `cells` are asked for at a time; `warn_at` questions before the end the page says so; `stop_after` wrong answers in
    a row stop a card (NIST SP 800-63B-4 3.2.2). `reusable` asks for cells again when all were asked: whoever has
    watched enough logins knows the card (security.md G-03). `allow_weak` permits questions under 20 bits, which ASVS
    6.5.4 does not.
    """

    columns: int = Field(default=10, ge=2, le=len(COLUMNS))
    rows: int = Field(default=8, ge=2, le=20)
    length: int = Field(default=2, ge=1, le=4)
    alphabet: str = Field(default="23456789ACDEFGHJKMNPQRTVWXY", min_length=8)
    cells: int = Field(default=3, ge=1, le=8)
    warn_at: int = Field(default=5, ge=0)
    stop_after: int = Field(default=100, ge=5, le=100)
    reusable: bool = False
    allow_weak: bool = False

    @property
    def grid(self) -> Grid:
        """The grid of new cards."""
        return Grid(self.columns, self.rows, self.length, self.alphabet)

    def asked(self, grid: Grid) -> int:
        """Give how many cells are asked for at a time of a card, which may be of former settings."""
        return self.cells if self.allow_weak else grid.enough(self.cells)

    @model_validator(mode="after")
    def _is_fit(self) -> "MatrixSettings":
        if not (self.alphabet.isascii() and self.alphabet.isalnum() and self.alphabet == self.alphabet.upper()):
            raise ValueError("alphabet has something else than capital letters and digits")
        if len(set(self.alphabet)) != len(self.alphabet):
            raise ValueError("alphabet has a character twice")
        alike = [group for group in LOOK_ALIKES if len(set(group) & set(self.alphabet)) > 1]
        if alike:
            raise ValueError(f"alphabet has more than one of {', '.join(alike)}, which look alike")
        bits = self.cells * self.grid.bits
        if bits < LEAST_BITS and not self.allow_weak:
            raise ValueError(
                f"{self.cells} cells have {bits:.1f} bits, ASVS 6.5.4 wants {LEAST_BITS}: "
                "ask for more cells, or say allow_weak = true"
            )
        if self.cells > self.columns * self.rows:
            raise ValueError("a question has more cells than a card")
        return self
