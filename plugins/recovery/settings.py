"""Settings of recovery codes, `[plugins.recovery]`."""

from idp.plugin import Field, Settings


class RecoverySettings(Settings):
    """How many `codes` a set has; `stop_after` wrong ones in a row stop it (NIST SP 800-63B-4 3.2.2)."""

    codes: int = Field(default=10, ge=4, le=20)
    stop_after: int = Field(default=100, ge=5, le=100)
