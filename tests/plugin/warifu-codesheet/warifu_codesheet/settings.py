"""Settings of the sheet of codes, `[plugins.codesheet]`."""

from typing import Self

from idp.plugin import Field, Settings, model_validator


class CodeSheetSettings(Settings):
    """How many codes a new sheet has, and from how many left on a person is told to register the next."""

    codes: int = Field(default=20, ge=5, le=100)
    warn_at: int = Field(default=3, ge=0)

    @model_validator(mode="after")
    def _warns_in_time(self) -> Self:
        if self.warn_at >= self.codes:
            raise ValueError("warn_at has to be less than codes")
        return self
